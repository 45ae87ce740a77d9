# The API and the indexer, as one image that runs as nobody in particular and writes only under /var/lib/ror.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/ror && /opt/ror/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY beds beds
COPY csd csd
COPY engine engine
COPY indexer indexer
COPY mappings mappings
COPY orientation orientation
RUN /opt/ror/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
COPY --from=build /opt/ror /opt/ror
RUN useradd --system --uid 10001 ror && install -d -o ror /var/lib/ror
USER 10001
ENV PATH=/opt/ror/bin:$PATH ROR_DATA_DIR=/var/lib/ror ROR_HOST=0.0.0.0
VOLUME /var/lib/ror
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live')"]
ENTRYPOINT ["ror"]
CMD ["serve"]
