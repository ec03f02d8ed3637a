// Unpredictable bits from the kernel, getrandom(2).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/event.h"

namespace attune {

void fill_random(std::span<std::uint8_t> bytes);

// 128 random bits: who does not hold it cannot complete the execution.
ClaimToken random_claim_token();

// A version 4 UUID, lower case: "0b2d1c3e-....".
std::string random_uuid();

}  // namespace attune
