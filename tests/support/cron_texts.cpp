#include "tests/support/cron_texts.h"

#include <algorithm>
#include <functional>

namespace attune {
namespace {

std::string number(std::int64_t value) { return std::to_string(value); }

// A value, a range, a step, a star: what every field takes.
std::string plain_item(Random& random, int min, int max) {
    const auto a = random.between(min, max);
    const auto b = random.between(a, max);
    const auto step = number(random.between(1, std::max(1, max - min)));
    switch (random.between(0, 7)) {
        case 0:
            return "*";
        case 1:
            return "*/" + step;
        case 2:
            return number(a) + "/" + step;
        case 3:
            return number(a) + "-" + number(b);
        case 4:
            return number(a) + "-" + number(b) + "/" + step;
        default:
            return number(a);
    }
}

std::string list(Random& random, const std::function<std::string()>& item) {
    auto text = item();
    while (random.one_in(4)) text += "," + item();
    return text;
}

std::string plain_field(Random& random, int min, int max) {
    return list(random, [&] { return plain_item(random, min, max); });
}

std::string date_item(Random& random) {
    switch (random.between(0, 9)) {
        case 0:
            return "L";
        case 1:
            return "LW";
        case 2:
            return "L-" + number(random.between(1, 30));
        case 3:
            return "L-" + number(random.between(1, 30)) + "W";
        case 4:
            return number(random.between(1, 31)) + "W";
        default:
            return plain_item(random, 1, 31);
    }
}

std::string weekday_item(Random& random) {
    static const std::vector<std::string> kNames{"SUN", "mon", "TUE", "Wed",
                                                 "THU", "FRI", "SAT"};
    const auto day = random.one_in(2) ? random.pick(kNames) : number(random.between(0, 7));
    switch (random.between(0, 7)) {
        case 0:
            return day + "L";
        case 1:
            return day + "#" + number(random.between(1, 5));
        case 2:
            return day + "#L";
        case 3:
            return "MON-FRI";
        case 4:
            return "FRI-SUN";
        case 5:
            return plain_item(random, 0, 6);
        default:
            return day;
    }
}

}  // namespace

std::string random_date_field(Random& random) {
    if (random.one_in(3)) return random.one_in(2) ? "*" : "?";
    return list(random, [&] { return date_item(random); });
}

std::string random_weekday_field(Random& random) {
    if (random.one_in(3)) return random.one_in(2) ? "*" : "?";
    return list(random, [&] { return weekday_item(random); });
}

std::string random_cron(Random& random) {
    const bool fixed = random.one_in(2);
    const auto time_field = [&](int max) {
        return fixed ? list(random, [&] { return number(random.between(0, max)); })
                     : plain_field(random, 0, max);
    };
    std::string text;
    const auto fields = random.between(5, 7);
    if (fields > 5) text += time_field(59) + " ";
    text += time_field(59) + " " + time_field(23) + " ";
    auto weekday = random_weekday_field(random);
    if (random.one_in(4) && weekday != "?") weekday = "+" + weekday;
    text += random_date_field(random) + " ";
    text += (random.one_in(2) ? "*" : plain_field(random, 1, 12)) + " " + weekday;
    if (fields == 7) text += " " + (random.one_in(2) ? "*" : plain_field(random, 1970, 2199));
    return text;
}

}  // namespace attune
