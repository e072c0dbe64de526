# A docker client that was killed leaves its container behind; --init lets the container end when it is told to.
docker rm --force tiltish-example-page >/dev/null 2>&1
exec docker run --rm --init --name tiltish-example-page --network "${NETWORK:-bridge}" \
  --publish "127.0.0.1:$PORT:$PORT" --env PORT "$TILTISH_IMAGE_PAGE"
