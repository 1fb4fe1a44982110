// Loaded before the C library (LD_PRELOAD): slows or fails what is to reach the disk. DISK_FAULTS names a file of four numbers, which whoever
// tests the program changes and reads while it runs: ms that a sync takes longer, errno of syncs, errno of writes (0: none), calls that met any.
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

namespace {
struct Faults {
  std::atomic<std::int32_t> slower, sync_error, write_error, met;
};

Faults* faults() {
  static Faults* const shared = [] {
    static Faults none{};
    const char* file = std::getenv("DISK_FAULTS");
    const int opened = file == nullptr ? -1 : open(file, O_RDWR | O_CLOEXEC);
    if (opened < 0) return &none;
    void* mapped = mmap(nullptr, sizeof(Faults), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
    close(opened);
    return mapped == MAP_FAILED ? &none : static_cast<Faults*>(mapped);
  }();
  return shared;
}

// -1 with the error that is asked for; 0 where none is.
int refused(int error) {
  if (error == 0) return 0;
  ++faults()->met;
  errno = error;
  return -1;
}

int sync_with(const char* name, int file) {
  if (const int slower = faults()->slower; slower > 0) {
    ++faults()->met;
    timespec rest{slower / 1000, slower % 1000 * 1'000'000L};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
  }
  if (refused(faults()->sync_error) != 0) return -1;
  return reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, name))(file);
}
}  // namespace

extern "C" {
int fsync(int file) { return sync_with("fsync", file); }
int fdatasync(int file) { return sync_with("fdatasync", file); }

// What SQLite writes with. Sockets and logs have their own calls.
ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t at) {
  static const auto next = reinterpret_cast<ssize_t (*)(int, const void*, size_t, off64_t)>(dlsym(RTLD_NEXT, "pwrite64"));
  if (refused(faults()->write_error) != 0) return -1;
  return next(file, bytes, count, at);
}
}
