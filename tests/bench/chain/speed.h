// What a chain is measured by and made of.
#pragma once

#include <string>

namespace attune {

struct BenchOptions {
    int rounds = 5;
    double seconds = 4;
    int connections = 2;
    int batch = 500;
    int bare_batch = 1000;
    int days = 3;
    int sensors = 8000;  // of the whole daemon
};

struct Speed {
    double chains = 0;         // per second
    double server_micros = 0;  // of the server's CPU for each chain, less moved by others' load
};

// About 200 bytes each.
inline const std::string kPayload =
    R"({"type":"interval","scheduled_at":"2026-11-23T12:00:00Z","due_at":"2026-11-23T12:00:00Z",)"
    R"("fired_at":"2026-11-23T12:00:00.001Z","lateness_ms":1,"occurrence":4711,"misfire":false,)"
    R"("interval_seconds":10})";
inline const std::string kParams =
    R"({"message":"a message of some length, as people write them into their rules","path":)"
    R"("/var/tmp/some/path","seen_at":"2026-11-23T12:00:00Z","level":3,"host":"db1.example"})";
inline const std::string kResult =
    R"({"exit_code":0,"stdout":"a message of some length, as people do"})";

}  // namespace attune
