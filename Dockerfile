# The service without torch, with the reader that comes with Aspectra.
# Build: docker build -t aspectra .    Run: see compose.yaml and docs/serve.md.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY src ./src
COPY configs ./configs
RUN python -m venv /opt/aspectra \
 && /opt/aspectra/bin/pip install --no-cache-dir -c constraints.txt '.[deploy,serve]'

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin aspectra
COPY --from=build /opt/aspectra /opt/aspectra
USER 10001
ENV PATH=/opt/aspectra/bin:$PATH PYTHONUNBUFFERED=1 HF_HUB_OFFLINE=1
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["aspectra", "serve", "--host", "0.0.0.0"]
