/* A stand-in for a service's program: it listens on the ports it is told, answers every request and
 * every probe, and fails on demand. It proves how containers are started, ordered, wired and cut
 * apart; it proves nothing about the service.
 *
 * One static binary under many names. Asked to probe (a URL, /dev/tcp, `nc host port`, or a word such
 * as `ready` among the arguments) it is a client and exits 0 when the answer is good. Asked to `pull`
 * it is a job. Anything else serves.
 *
 * Environment: PLACEHOLDER_PORTS=80,81  PLACEHOLDER_START_SECONDS=3  PLACEHOLDER_EXIT=4
 *              PLACEHOLDER_STATUS=503   PLACEHOLDER_LINES=40         PLACEHOLDER_EAT=1
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define MAX_PORTS 16

struct target {
    char host[256];
    char port[8];
    char path[512];
};

static int number(const char *name, int fallback) {
    const char *text = getenv(name);
    return text && *text ? atoi(text) : fallback;
}

static const char *ports(void) {
    const char *text = getenv("PLACEHOLDER_PORTS");
    return text ? text : "";
}

static void stop(int signal_number) {
    (void)signal_number;
    static const char text[] = "placeholder: stopping\n";
    if (write(2, text, sizeof text - 1) < 0) _exit(1);
    _exit(0);
}

/* ---- client --------------------------------------------------------------------------------- */

static int dial(const struct target *target) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *each;
    int status = getaddrinfo(target->host, target->port, &hints, &found), fd = -1;
    if (status != 0) {
        fprintf(stderr, "could not resolve host %s: %s\n", target->host, gai_strerror(status));
        return -1;
    }
    for (each = found; each; each = each->ai_next) {
        struct timeval limit = {.tv_sec = 3};
        fd = socket(each->ai_family, each->ai_socktype, 0);
        if (fd < 0) continue;
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (connect(fd, each->ai_addr, each->ai_addrlen) == 0) break;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0) fprintf(stderr, "failed to connect to %s port %s: %s\n", target->host, target->port, strerror(errno));
    return fd;
}

/* Ask for the target's path; print the body; 0 when the status is below 400. */
static int probe(const struct target *target) {
    char request[1024], answer[4096];
    int fd = dial(target), status = 0;
    ssize_t size, total = 0;
    if (fd < 0) return 1;
    if (!target->path[0]) return close(fd), 0;
    snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", target->path, target->host);
    if (write(fd, request, strlen(request)) < 0) return close(fd), 1;
    while ((size = read(fd, answer + total, sizeof answer - 1 - (size_t)total)) > 0) total += size;
    close(fd);
    answer[total > 0 ? total : 0] = 0;
    sscanf(answer, "HTTP/%*s %d", &status);
    char *body = strstr(answer, "\r\n\r\n");
    if (body) fputs(body + 4, stdout);
    if (status < 200 || status >= 400) {
        fprintf(stderr, "the answer of %s:%s%s is HTTP %d\n", target->host, target->port, target->path, status);
        return 1;
    }
    return 0;
}

static void take(char *into, size_t room, const char **from, const char *stop_at) {
    size_t length = strcspn(*from, stop_at);
    snprintf(into, room, "%.*s", (int)length, *from);
    *from += length;
}

/* Find what the arguments want probed: a URL, /dev/tcp/host/port, else a word that means "are you there". */
static int find_target(int count, char **words, struct target *target) {
    static const char *asks[] = {"list", "ps", "ping", "ready", "status", "health", "healthcheck", "-health", 0};
    for (int i = 1; i < count; i++) {
        const char *url = strstr(words[i], "://"), *tcp = strstr(words[i], "/dev/tcp/");
        if (url) {
            url += 3;
            take(target->host, sizeof target->host, &url, ":/ '\"`)");
            snprintf(target->port, sizeof target->port, "80");
            if (*url == ':') url++, take(target->port, sizeof target->port, &url, "/ '\"`)");
            take(target->path, sizeof target->path, &url, " '\"`)");
            if (!target->path[0]) strcpy(target->path, "/");
            return 1;
        }
        if (tcp) {
            tcp += strlen("/dev/tcp/");
            take(target->host, sizeof target->host, &tcp, "/");
            if (*tcp) tcp++;
            take(target->port, sizeof target->port, &tcp, " ;&|<>'\"");
            return 1;
        }
    }
    for (int i = 1; i < count; i++)
        for (int k = 0; asks[k]; k++)
            if (!strcmp(words[i], asks[k])) {
                const char *own = ports();
                strcpy(target->host, "127.0.0.1");
                take(target->port, sizeof target->port, &own, ",");
                strcpy(target->path, "/");
                return 1;
            }
    return 0;
}

static int wants_pull(int count, char **words) {
    for (int i = 1; i < count; i++)
        if (!strcmp(words[i], "pull") || strstr(words[i], " pull ")) return 1;
    return 0;
}

/* A model is pulled by the server that OLLAMA_HOST names: reach it, or fail as the real one does. */
static int pull(void) {
    struct target target = {.port = "11434", .path = "/api/pull"};
    const char *server = getenv("OLLAMA_HOST");
    if (server && *server) {
        const char *rest = strstr(server, "://") ? strstr(server, "://") + 3 : server;
        take(target.host, sizeof target.host, &rest, ":/");
        if (*rest == ':') rest++, take(target.port, sizeof target.port, &rest, "/");
        if (probe(&target)) return 1;
    }
    puts("pulling manifest\npulling placeholder 100%\nsuccess");
    return 0;
}

/* ---- server --------------------------------------------------------------------------------- */

static int listen_on(int port) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&any, sizeof any) || listen(fd, 64)) {
        fprintf(stderr, "placeholder: port %d: %s\n", port, strerror(errno));
        exit(1);
    }
    fprintf(stderr, "placeholder: listening on port %d\n", port);
    return fd;
}

static void answer(int listener, int status) {
    char request[4096], text[512], body[256];
    struct timeval limit = {.tv_sec = 2};
    int fd = accept(listener, 0, 0);
    if (fd < 0) return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ssize_t size = read(fd, request, sizeof request - 1);
    if (size > 0) {
        const char *name = getenv("PLACEHOLDER_NAME");
        request[size] = 0;
        /* Who collects numbers refuses what is not in their format. */
        int numbers = !strncmp(request, "GET /metrics ", 13);
        int length = snprintf(body, sizeof body,
                              numbers ? "placeholder_up{name=\"%s\",status=\"%s\"} 1\n"
                                      : "{\"placeholder\": \"%s\", \"status\": \"%s\"}\n",
                              name ? name : "", status < 400 ? "ok" : "told to fail");
        length = snprintf(text, sizeof text,
                          "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
                          "Connection: close\r\n\r\n%s",
                          status, status < 400 ? "OK" : "Failing",
                          numbers ? "text/plain; version=0.0.4" : "application/json", length, body);
        if (write(fd, text, (size_t)length) < 0) perror("placeholder: write");
    }
    shutdown(fd, SHUT_WR);
    close(fd);
}

static void eat_memory(void) {
    for (size_t total = 0;; total += 1 << 20) {
        char *block = malloc(1 << 20);
        if (!block) exit(1);
        memset(block, 1, 1 << 20);
    }
}

static int serve(void) {
    struct pollfd listeners[MAX_PORTS];
    int count = 0, status = number("PLACEHOLDER_STATUS", 200);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    signal(SIGPIPE, SIG_IGN);
    sleep((unsigned)number("PLACEHOLDER_START_SECONDS", 0));
    for (int i = 1; i <= number("PLACEHOLDER_LINES", 0); i++) fprintf(stderr, "placeholder: line %d\n", i);
    if (number("PLACEHOLDER_EAT", 0)) eat_memory();
    if (getenv("PLACEHOLDER_EXIT")) {
        fprintf(stderr, "placeholder: told to exit with %d\n", number("PLACEHOLDER_EXIT", 0));
        return number("PLACEHOLDER_EXIT", 0);
    }
    for (const char *each = ports(); *each && count < MAX_PORTS; each += strcspn(each, ","), each += *each == ',')
        listeners[count++] = (struct pollfd){.fd = listen_on(atoi(each)), .events = POLLIN};
    for (;;) {
        if (poll(listeners, (nfds_t)count, -1) < 0 && errno != EINTR) return 1;
        for (int i = 0; i < count; i++)
            if (listeners[i].revents & POLLIN) answer(listeners[i].fd, status);
    }
}

/* Programs that check themselves (`loki -health`, `kong health`) name no port: the first one is. */
static int asks_itself(int count, char **words, struct target *target) {
    const char *ports = getenv("PLACEHOLDER_PORTS");
    for (int i = 0; i < count && ports; i++) {
        if (!strstr(words[i], "health") && !strstr(words[i], "diagnostics")) continue;
        snprintf(target->host, sizeof target->host, "127.0.0.1");
        snprintf(target->port, sizeof target->port, "%.*s", (int)strcspn(ports, ","), ports);
        return 1;
    }
    return 0;
}

int main(int count, char **words) {
    struct target target = {0};
    const char *name = strrchr(words[0], '/') ? strrchr(words[0], '/') + 1 : words[0];
    if (!strcmp(name, "nc") && count >= 3) {
        snprintf(target.host, sizeof target.host, "%s", words[count - 2]);
        snprintf(target.port, sizeof target.port, "%s", words[count - 1]);
        return probe(&target);
    }
    if (wants_pull(count, words)) return pull();
    if (strcmp(name, "placeholder") && find_target(count, words, &target)) return probe(&target);
    if (strcmp(name, "placeholder") && asks_itself(count, words, &target)) return probe(&target);
    return serve();
}
