# facefx serve: slim, as nobody, nothing to write to. Build: docker build -t facefx .
FROM python:3.12-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/facefx && /opt/facefx/bin/pip install --no-cache-dir ".[cpu,studio,heif]"

FROM python:3.12-slim
COPY --from=build /opt/facefx /opt/facefx
ENV PATH=/opt/facefx/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/nonexistent
USER 65534:65534
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["facefx", "serve", "--host", "0.0.0.0", "--port", "8000"]
# The names by which it is asked; the proxy in front has to pass them on.
CMD ["--allow-host", "localhost"]
