import http.server
import sys

GREETING = "Hello from Python"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{GREETING}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


port = int(sys.argv[1])
with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
    print(f"listening on {port}")
    server.serve_forever()
