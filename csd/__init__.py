"""The IHE CSD facade: envelopes, documents, stored functions → criteria, updates since; and the client that asks."""
