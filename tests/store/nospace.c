/* Let the disk be full at a chosen call: the n-th that takes room below one folder.

   Preloaded into a process, it counts the calls on files below $NOSPACE_FOLDER that may need room:
   a write, a sync, a file or folder that is made, a name that is given. `nospace_arm` says which of
   them fails with ENOSPC, `nospace_disarm` gives the room back and says how many there were.
   A sync that does not fail does nothing: no power is cut here, and it is what takes long. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { STAYS = 1, ONCE = 2, TORN = 3 };

static const char *folder;
static char followed[4096];
static volatile long fails_at, seen;
static volatile int how;

void nospace_arm(long n, int manner) { seen = 0; how = manner; fails_at = n; }
long nospace_disarm(void) { fails_at = 0; return seen; }

__attribute__((constructor)) static void begin(void) { folder = getenv("NOSPACE_FOLDER"); }

static int below(const char *path) { return folder && strncmp(path, folder, strlen(folder)) == 0; }

/* 0: there is room; 1: there is none; 2: there is room for half of it */
static int full(void) {
    if (!fails_at) return 0;
    long now = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
    if (now < fails_at || (how == ONCE && now > fails_at)) return 0;
    errno = ENOSPC;
    return how == TORN && now == fails_at ? 2 : 1;
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FOLLOWED(fd) ((fd) >= 0 && (fd) < (int)sizeof followed && followed[fd])

#define OPEN(name)                                                      \
    int name(const char *path, int flags, ...) {                        \
        va_list more;                                                   \
        va_start(more, flags);                                          \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                   \
        REAL(name);                                                     \
        if ((flags & O_CREAT) && below(path) && access(path, F_OK) != 0 && full()) { \
            errno = ENOSPC;                                             \
            return -1;                                                  \
        }                                                               \
        int fd = real(path, flags, mode);                               \
        if (fd >= 0 && fd < (int)sizeof followed) followed[fd] = below(path); \
        return fd;                                                      \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    REAL(close);
    if (FOLLOWED(fd)) followed[fd] = 0;
    return real(fd);
}

/* What is asked for, halved where the room ends in it; -1: there is none. */
static ssize_t room_for(int fd, size_t length) {
    int found = FOLLOWED(fd) && length ? full() : 0;
    return found == 0 ? (ssize_t)length : found == 2 && length > 1 ? (ssize_t)(length / 2) : -1;
}

#define PWRITE(name, type)                                              \
    ssize_t name(int fd, const void *bytes, size_t length, type offset) { \
        REAL(name);                                                     \
        ssize_t fits = room_for(fd, length);                            \
        return fits < 0 ? -1 : real(fd, bytes, fits, offset);           \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(write);
    ssize_t fits = room_for(fd, length);
    return fits < 0 ? -1 : real(fd, bytes, fits);
}

#define SENDFILE(name, type)                                            \
    ssize_t name(int to, int from, type *offset, size_t length) {       \
        REAL(name);                                                     \
        if (FOLLOWED(to) && full()) return -1;                          \
        return real(to, from, offset, length);                          \
    }
SENDFILE(sendfile, off_t)
SENDFILE(sendfile64, off64_t)

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *there, size_t length, unsigned f) {
    REAL(copy_file_range);
    if (FOLLOWED(to) && full()) return -1;
    return real(from, at, to, there, length, f);
}

#define TRUNCATE(name, type)                                            \
    int name(int fd, type length) {                                     \
        REAL(name);                                                     \
        struct stat now;                                                \
        if (FOLLOWED(fd) && fstat(fd, &now) == 0 && length > now.st_size && full()) return -1; \
        return real(fd, length);                                        \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define ALLOCATE(name, type)                                            \
    int name(int fd, type offset, type length) {                        \
        REAL(name);                                                     \
        return FOLLOWED(fd) && full() ? ENOSPC : real(fd, offset, length); \
    }
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

#define SYNC(name)                                                      \
    int name(int fd) {                                                  \
        REAL(name);                                                     \
        return !FOLLOWED(fd) ? real(fd) : full() ? -1 : 0;              \
    }
SYNC(fsync)
SYNC(fdatasync)

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return below(path) && access(path, F_OK) != 0 && full() ? -1 : real(path, mode);
}

/* A name that is there already is given to another file without any room. */
#define NAMED(name)                                                     \
    int name(const char *from, const char *to) {                        \
        REAL(name);                                                     \
        return below(to) && access(to, F_OK) != 0 && full() ? -1 : real(from, to); \
    }
NAMED(rename)
NAMED(link)

int linkat(int one, const char *from, int other, const char *to, int flags) {
    REAL(linkat);
    return below(to) && full() ? -1 : real(one, from, other, to, flags);
}
