/* A load for memcached, which wrk cannot speak to: one thread, one request at a time on each connection,
 * as wrk has it, by the text protocol. Every answer's length and first byte are checked.
 *
 *   memcached_load PORT CONNECTIONS SECONDS VALUE_BYTES get KEY      reads one key
 *   memcached_load PORT CONNECTIONS SECONDS VALUE_BYTES set KEYS     writes key:1 to key:KEYS in turn
 *
 * Prints requests and seconds. Exits 1 with a message where an answer is not what was expected. */

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

enum { CONNECTIONS_MAX = 4096, BYTES_MAX = 8192 };

struct connection {
    int descriptor;
    int received;
};

struct load {
    int writes;
    long keys, next;
    const char *key;
    int value_bytes;
    char request[BYTES_MAX], value[BYTES_MAX];
    int answer_bytes;
    char answer_first;
};

static void fail(const char *what) {
    fprintf(stderr, "memcached_load: %s\n", what);
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
static void send_next(struct load *load, struct connection *connection) {
    int length;
    if (load->writes) {
        load->next = load->next % load->keys + 1;
        length = snprintf(load->request, BYTES_MAX, "set key:%ld 0 0 %d\r\n%s\r\n", load->next,
                          load->value_bytes, load->value);
    } else {
        length = snprintf(load->request, BYTES_MAX, "get %s\r\n", load->key);
    }
    connection->received = 0;
    if (send(connection->descriptor, load->request, length, MSG_NOSIGNAL) != length)
        fail("a request was not sent");
}

/* Whether an answer is complete. */
static int receive(struct load *load, struct connection *connection) {
    char bytes[BYTES_MAX];
    long count = recv(connection->descriptor, bytes, sizeof bytes, 0);
    if (count <= 0) fail("a connection ended");
    if (connection->received == 0 && bytes[0] != load->answer_first) fail("not the answer wanted");
    connection->received += count;
    if (connection->received > load->answer_bytes) fail("an answer is too long");
    return connection->received == load->answer_bytes;
}

int main(int count, char **arguments) {
    static struct load load;
    static struct connection connections[CONNECTIONS_MAX];
    struct epoll_event events[256];
    if (count != 7) fail("usage: PORT CONNECTIONS SECONDS VALUE_BYTES get KEY | set KEYS");
    int port = atoi(arguments[1]), connection_count = atoi(arguments[2]);
    double seconds = atof(arguments[3]);
    load.value_bytes = atoi(arguments[4]);
    load.writes = strcmp(arguments[5], "set") == 0;
    if (connection_count < 1 || connection_count > CONNECTIONS_MAX) fail("connections: 1 to 4096");
    if (load.value_bytes < 0 || load.value_bytes > BYTES_MAX - 512) fail("value too long");
    if (!load.writes && strlen(arguments[6]) > 250) fail("key too long");
    load.key = arguments[6];
    load.keys = load.writes ? atol(arguments[6]) : 1;
    if (load.keys < 1) fail("at least one key");
    memset(load.value, 'x', load.value_bytes);
    load.answer_first = load.writes ? 'S' : 'V';
    load.answer_bytes = load.writes
        ? (int)strlen("STORED\r\n")
        : snprintf(NULL, 0, "VALUE %s 0 %d\r\n%s\r\nEND\r\n", load.key, load.value_bytes, load.value);

    int poll = epoll_create1(EPOLL_CLOEXEC);
    for (int index = 0; index < connection_count; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[index]};
        connections[index].descriptor = connected(port);
        if (epoll_ctl(poll, EPOLL_CTL_ADD, connections[index].descriptor, &event) != 0) fail("epoll");
    }
    long requests = 0;
    double began = now(), ended = began;
    for (int index = 0; index < connection_count; index++) send_next(&load, &connections[index]);
    while ((ended = now()) - began < seconds) {
        int ready = epoll_wait(poll, events, 256, 1000);
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (!receive(&load, connection)) continue;
            requests++;
            send_next(&load, connection);
        }
    }
    printf("%ld %.6f\n", requests, ended - began);
    return 0;
}
