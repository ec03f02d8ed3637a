// The targets as libFuzzer calls them: scripts/fuzz TARGET.
//
//     attune_fuzz --target=yaml [LIBFUZZER-ARGUMENT...] [CORPUS...]
//
// Besides what a target promises, no input may hold more than 64 MiB at any moment; the
// sanitizer's allocator is asked, so that its own shadow does not count.
#include <sanitizer/allocator_interface.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/fuzz/targets.h"

namespace {

constexpr std::size_t kMostBytes = 64 * 1024 * 1024;
constexpr std::string_view kOption = "--target=";

void (*g_target)(std::string_view) = nullptr;
std::size_t g_allowed = 0;  // of all that is allocated; 0: not watched just now

void after_malloc(const volatile void* /*block*/, std::size_t size) {
    if (g_allowed == 0 || __sanitizer_get_current_allocated_bytes() <= g_allowed) return;
    g_allowed = 0;
    std::fprintf(stderr, "more than %zu bytes are held, %zu of them in one piece\n", kMostBytes,
                 size);
    std::abort();
}

void after_free(const volatile void* /*block*/) {}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    for (int i = 1; i < *argc; ++i) {
        const std::string_view word((*argv)[i]);
        if (!word.starts_with(kOption)) continue;
        for (const auto& target : attune::kFuzzTargets) {
            if (target.name == word.substr(kOption.size())) g_target = target.run;
        }
    }
    if (g_target == nullptr) {
        std::fputs("attune_fuzz: --target names no target; they are", stderr);
        for (const auto& target : attune::kFuzzTargets) {
            std::fprintf(stderr, " %.*s", static_cast<int>(target.name.size()),
                         target.name.data());
        }
        std::fputc('\n', stderr);
        return std::exit(64), 0;
    }
    if (__sanitizer_install_malloc_and_free_hooks(after_malloc, after_free) == 0) std::abort();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    g_allowed = __sanitizer_get_current_allocated_bytes() + kMostBytes;
    g_target({reinterpret_cast<const char*>(data), size});
    g_allowed = 0;
    return 0;
}
