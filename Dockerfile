# Runs the server over stdio for a host that starts it:
#   docker build -t textrequest-mcp .
#   docker run -i --rm --read-only --tmpfs /tmp -v textrequest-state:/state -v KEYFILE:/run/key:ro \
#     -e TEXTREQUEST_API_KEY_FILE=/run/key textrequest-mcp
# Without an account: docker run -i --rm --read-only --tmpfs /tmp textrequest-mcp serve --sandbox
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY server server
RUN pip wheel --no-cache-dir --wheel-dir /wheels ".[otel,postgres]"

FROM python:3.13-slim
LABEL org.opencontainers.image.title="textrequest-mcp" \
      org.opencontainers.image.description="An MCP server for a business's Text Request texting lines" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/OWNER/textrequest-mcp" \
      io.modelcontextprotocol.server.name="io.github.OWNER/textrequest-mcp"
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels "textrequest-mcp[otel,postgres]" \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin textrequest \
    && install --directory --owner 10001 --mode 700 /state
ENV TEXTREQUEST_STATE_DIR=/state PYTHONDONTWRITEBYTECODE=1
VOLUME /state
USER 10001
# Over HTTP the server answers for itself; over stdio the host that started it sees whether it lives.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "from pathlib import Path; from urllib.request import urlopen; b'http' in Path('/proc/1/cmdline').read_bytes() and urlopen('http://127.0.0.1:8000/health', timeout=3)"]
ENTRYPOINT ["textrequest-mcp"]
CMD ["serve"]
