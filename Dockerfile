# The API and the indexer, as one image that runs as nobody in particular and writes only under /var/lib/ror: run it
# read-only, without capabilities (docker-compose.yml does). Nothing of it needs a shell, and it can install nothing.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/ror \
    && pip --python /opt/ror/bin/python install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY beds beds
COPY csd csd
COPY engine engine
COPY indexer indexer
COPY mappings mappings
COPY orientation orientation
RUN pip --python /opt/ror/bin/python install --no-cache-dir --no-deps .

FROM python:3.13-slim
COPY --from=build /opt/ror /opt/ror
RUN groupadd --system --gid 10001 ror \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin ror \
    && install -d -o ror -m 0700 /var/lib/ror \
    && pip uninstall --yes --quiet --root-user-action=ignore pip
USER 10001:10001
ENV PATH=/opt/ror/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ROR_DATA_DIR=/var/lib/ror ROR_HOST=0.0.0.0
VOLUME /var/lib/ror
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live')"]
ENTRYPOINT ["ror"]
CMD ["serve"]
