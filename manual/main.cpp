// attune-manual FRAME OUTPUT: fills a frame of manual/pages or manual/completion. Part of the
// build, not of the packages.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>

#include "manual/page.h"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: attune-manual FRAME OUTPUT\n", stderr);
        return 64;
    }
    try {
        std::ifstream in(argv[1]);
        const std::string frame(std::istreambuf_iterator<char>(in), {});
        std::ofstream out(argv[2]);
        out << attune::fill(frame, attune::all_sections());
        out.flush();
        if (!frame.empty() && out) return 0;
        std::fprintf(stderr, "attune-manual: cannot read %s or write %s\n", argv[1], argv[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[1], error.what());
    }
    return 1;
}
