// The ward's form: large steps, the key kept until the tab is closed and never in an address.
const NAME = "write-key";
const form = document.getElementById("entry");
const key = document.getElementById("write_key");
const field = document.getElementById("keyfield");
const kept = document.getElementById("kept");

function stored() { try { return sessionStorage.getItem(NAME) ?? ""; } catch { return ""; } }
function store(value) { try { value ? sessionStorage.setItem(NAME, value) : sessionStorage.removeItem(NAME); } catch { /* typed again next time */ } }

// A key that was refused is not kept.
if (document.querySelector("[data-badkey]")) store("");
key.value = stored();
function show() {
  field.hidden = Boolean(stored()) && key.value === stored();
  kept.hidden = !field.hidden;
}
show();

document.getElementById("forget").addEventListener("click", () => { store(""); key.value = ""; show(); key.focus(); });

for (const step of document.querySelectorAll(".step")) {
  step.addEventListener("click", () => {
    const input = step.parentElement.querySelector("input");
    input.value = String(Math.max(0, Math.min(10000, (Number.parseInt(input.value, 10) || 0) + Number(step.dataset.step))));
  });
}
for (const take of document.querySelectorAll(".take")) {
  take.addEventListener("click", () => { take.closest(".count").querySelector("[name=count]").value = take.dataset.take; });
}

form.addEventListener("submit", (event) => {
  if (!key.value) {
    event.preventDefault();
    field.hidden = false;
    key.focus();
    return;
  }
  store(key.value);
  form.querySelector(".verified").textContent = "Envoi…";
});
