/* Record what a process writes to the files of one folder, and when it makes that durable.

   Preloaded into a process, it appends one record a call to the file $POWERCUT_LOG for every file
   below $POWERCUT_FOLDER: kind, number of the file, offset, length, bytes. A test replays the
   records up to a moment and loses what was not yet synced, as a power cut does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int recorder = -1;
static const char *folder;
static char followed[4096];

static void record(char kind, int file, uint64_t offset, uint64_t length, const void *bytes) {
    struct __attribute__((packed)) { char kind; int32_t file; uint64_t offset, length; } head =
        {kind, file, offset, length};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)bytes, bytes ? length : 0}};
    if (writev(recorder, parts, bytes ? 2 : 1) < 0) abort();
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FOLLOWED(fd) ((fd) >= 0 && (fd) < (int)sizeof followed && followed[fd])

__attribute__((constructor)) static void begin(void) {
    folder = getenv("POWERCUT_FOLDER");
    const char *log = getenv("POWERCUT_LOG");
    if (log) recorder = openat(AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int opened(int fd, const char *path) {
    if (fd < 0 || fd >= (int)sizeof followed || recorder < 0 || !folder) return fd;
    followed[fd] = strncmp(path, folder, strlen(folder)) == 0;
    if (followed[fd]) record('O', fd, 0, strlen(path), path);
    return fd;
}

#define OPEN(name)                                                      \
    int name(const char *path, int flags, ...) {                        \
        va_list more;                                                   \
        va_start(more, flags);                                          \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                   \
        REAL(name);                                                     \
        return opened(real(path, flags, mode), path);                   \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    REAL(close);
    if (FOLLOWED(fd)) followed[fd] = 0;
    return real(fd);
}

#define PWRITE(name, type)                                              \
    ssize_t name(int fd, const void *bytes, size_t length, type offset) { \
        REAL(name);                                                     \
        ssize_t done = real(fd, bytes, length, offset);                 \
        if (done > 0 && FOLLOWED(fd)) record('W', fd, offset, done, bytes); \
        return done;                                                    \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(write);
    off_t offset = FOLLOWED(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = real(fd, bytes, length);
    if (done > 0 && FOLLOWED(fd)) record('W', fd, offset, done, bytes);
    return done;
}

#define TRUNCATE(name, type)                                            \
    int name(int fd, type length) {                                     \
        REAL(name);                                                     \
        int done = real(fd, length);                                    \
        if (done == 0 && FOLLOWED(fd)) record('T', fd, length, 0, NULL); \
        return done;                                                    \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                      \
    int name(int fd) {                                                  \
        REAL(name);                                                     \
        int done = real(fd);                                            \
        if (done == 0 && FOLLOWED(fd)) record('S', fd, 0, 0, NULL);     \
        return done;                                                    \
    }
SYNC(fsync)
SYNC(fdatasync)
