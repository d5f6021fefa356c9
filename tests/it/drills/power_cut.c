/*
 * What a disk holds when the power goes: of each file that is synced, the contents of that moment are
 * kept beside it, as NAME.kept. Preloaded into a server that is then killed, it leaves the files as
 * they would have been found, and not as the kernel still remembers them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file is read where it is open: closing it once more would lose the locks that SQLite holds. */
static void keep(int fd)
{
    char by_number[64], name[PATH_MAX], kept[PATH_MAX + 8], next[PATH_MAX + 32], page[1 << 16];
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return;
    snprintf(by_number, sizeof by_number, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(by_number, name, sizeof name - 1);
    if (length < 0)
        abort();
    name[length] = '\0';
    snprintf(kept, sizeof kept, "%s.kept", name);
    snprintf(next, sizeof next, "%s.kept.%d", name, gettid());
    int copy = open(next, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (copy < 0)
        abort();
    ssize_t got;
    for (off_t at = 0; (got = pread(fd, page, sizeof page, at)) > 0; at += got)
        if (write(copy, page, (size_t)got) != got)
            abort();
    if (got < 0 || close(copy) != 0 || rename(next, kept) != 0)
        abort();
}

int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int result = real(fd);
    if (result == 0)
        keep(fd);
    return result;
}

int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int result = real(fd);
    if (result == 0)
        keep(fd);
    return result;
}
