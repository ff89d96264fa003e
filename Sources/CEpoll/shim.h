#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>

// Swift's Glibc module is built without _GNU_SOURCE, which hides accept4(2) and struct ucred
// (unix(7)). Both are declared here under other names and without <sys/socket.h>, whose
// declarations would otherwise belong to this module instead of Glibc.
extern int cepoll_accept4(int, void *, unsigned int *, int) __asm__("accept4");

struct cepoll_credentials {
    int pid;
    unsigned int uid;
    unsigned int gid;
};
