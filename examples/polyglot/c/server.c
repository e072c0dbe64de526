#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GREETING "Hello from C"

static int listen_on(int port) {
  int yes = 1, door = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(door, (struct sockaddr *)&address, sizeof address) || listen(door, 16)) {
    perror("cannot listen");
    exit(1);
  }
  return door;
}

/* Reads the head of the request: who is closed with unread bytes resets the connection. */
static void answer(int client) {
  char request[4096], response[256];
  if (read(client, request, sizeof request) < 0) perror("cannot read");
  int length = snprintf(response, sizeof response, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s\n",
                        strlen(GREETING) + 1, GREETING);
  if (write(client, response, length) < 0) perror("cannot write");
  close(client);
}

int main(int count, char **arguments) {
  int port = count > 1 ? atoi(arguments[1]) : 8080;
  int door = listen_on(port);
  printf("listening on %d\n", port);
  fflush(stdout);
  for (;;) {
    int client = accept(door, NULL, NULL);
    if (client >= 0) answer(client);
  }
}
