/* Writes to Redis that wait for a replica, which redis-benchmark cannot do: one thread, on each connection
 * one SET and the WAIT behind it at a time, both sent at once. Every answer is checked.
 *
 *   redis_wait_load PORT CONNECTIONS SECONDS VALUE_BYTES KEYS       writes key:1 to key:KEYS in turn
 *
 * Prints writes, seconds, and the median of a write's microseconds. Exits 1 with a message where an answer
 * is not what was expected: a write that no replica acknowledged in a second is one. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, BYTES_MAX = 8192, TIMES_MAX = 1 << 22 };

static const char ANSWER[] = "+OK\r\n:1\r\n";

struct connection {
    int descriptor;
    int received;
    double sent;
};

static long keys, next_key;
static int value_bytes;
static char value[BYTES_MAX];
static float times[TIMES_MAX];

static void fail(const char *what) {
    fprintf(stderr, "redis_wait_load: %s\n", what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int connected(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        fail("cannot connect");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return descriptor;
}

/* A request is shorter than a socket's buffer, so that it is sent at once or not at all. */
static void send_next(struct connection *connection) {
    char request[BYTES_MAX];
    next_key = next_key % keys + 1;
    int length = snprintf(request, sizeof request, "SET key:%ld %s\r\nWAIT 1 1000\r\n", next_key, value);
    connection->received = 0;
    connection->sent = now();
    if (send(connection->descriptor, request, length, MSG_NOSIGNAL) != length)
        fail("a request was not sent");
}

/* Whether both answers are complete. */
static int receive(struct connection *connection) {
    char bytes[64];
    long count = recv(connection->descriptor, bytes, sizeof bytes, 0);
    if (count <= 0) fail("a connection ended");
    if (connection->received + count > (long)strlen(ANSWER)
        || memcmp(bytes, ANSWER + connection->received, count) != 0)
        fail("not the answer wanted");
    connection->received += count;
    return connection->received == (int)strlen(ANSWER);
}

static int ascending(const void *left, const void *right) {
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

int main(int count, char **arguments) {
    static struct connection connections[CONNECTIONS_MAX];
    struct epoll_event events[256];
    if (count != 6) fail("usage: PORT CONNECTIONS SECONDS VALUE_BYTES KEYS");
    int port = atoi(arguments[1]), connection_count = atoi(arguments[2]);
    double seconds = atof(arguments[3]);
    value_bytes = atoi(arguments[4]);
    keys = atol(arguments[5]);
    if (connection_count < 1 || connection_count > CONNECTIONS_MAX) fail("connections: 1 to 4096");
    if (value_bytes < 1 || value_bytes > BYTES_MAX - 128) fail("value too long, or none");
    if (keys < 1) fail("at least one key");
    memset(value, 'x', value_bytes);

    int poll = epoll_create1(EPOLL_CLOEXEC);
    for (int index = 0; index < connection_count; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[index]};
        connections[index].descriptor = connected(port);
        if (epoll_ctl(poll, EPOLL_CTL_ADD, connections[index].descriptor, &event) != 0) fail("epoll");
    }
    long writes = 0;
    double began = now(), ended = began;
    for (int index = 0; index < connection_count; index++) send_next(&connections[index]);
    while ((ended = now()) - began < seconds) {
        int ready = epoll_wait(poll, events, 256, 1000);
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (!receive(connection)) continue;
            if (writes < TIMES_MAX) times[writes] = (now() - connection->sent) * 1e6;
            writes++;
            send_next(connection);
        }
    }
    long measured = writes < TIMES_MAX ? writes : TIMES_MAX;
    if (measured == 0) fail("no write ended");
    qsort(times, measured, sizeof times[0], ascending);
    printf("%ld %.6f %.1f\n", writes, ended - began, times[measured / 2]);
    return 0;
}
