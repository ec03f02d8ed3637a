#include "tests/fuzz/targets.h"
#include "wire/messages.h"

namespace attune {

void fuzz_message(std::string_view bytes) {
    const auto message = decode(bytes);
    if (message) {
        promise(encode(*message) == bytes, "encoded, it is another message");
    } else {
        promise(message.error().code == "ATT7101", "refused as something else");
    }
}

}  // namespace attune
