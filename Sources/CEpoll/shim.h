#pragma once
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>

// Swift's Glibc module is built without _GNU_SOURCE, which hides accept4 and struct ucred; both are
// declared here as accept(2) and unix(7) give them.
extern int accept4(int, struct sockaddr *, socklen_t *, int);

struct cepoll_credentials {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};
