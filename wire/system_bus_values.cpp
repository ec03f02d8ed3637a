#include "wire/system_bus_values.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>

#include <systemd/sd-bus.h>

namespace attune {
namespace {

[[noreturn]] void misfit(std::string_view type, const std::string& why) {
    throw std::invalid_argument("a value of the D-Bus type `" + std::string(type) + "` " + why);
}

void expect(int result, std::string_view type) {
    if (result < 0) misfit(type, std::strerror(-result));
}

template <class Number>
void append_integer(sd_bus_message* message, char type, const Json& value) {
    const std::string_view name(&type, 1);
    if (!value.is_number_integer()) misfit(name, "is no integer");
    if (value.is_number_unsigned()) {
        if (value.get<std::uint64_t>() >
            static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) {
            misfit(name, "is too large");
        }
    } else if (value.get<std::int64_t>() <
                   static_cast<std::int64_t>(std::numeric_limits<Number>::min()) ||
               (value.get<std::int64_t>() > 0 &&
                value.get<std::uint64_t>() >
                    static_cast<std::uint64_t>(std::numeric_limits<Number>::max()))) {
        misfit(name, "is out of range");
    }
    const auto number = value.get<Number>();
    expect(::sd_bus_message_append_basic(message, type, &number), name);
}

void append_text(sd_bus_message* message, char type, const Json& value) {
    const std::string_view name(&type, 1);
    if (!value.is_string()) misfit(name, "is no text");
    const auto& text = value.get_ref<const std::string&>();
    if (text.find('\0') != std::string::npos) misfit(name, "holds U+0000");
    expect(::sd_bus_message_append_basic(message, type, text.c_str()), name);
}

void append_value(sd_bus_message* message, std::string_view type, const Json& value);

void append_dictionary(sd_bus_message* message, std::string_view entry, const Json& value) {
    const auto key = entry.substr(0, 1);
    const auto content = entry.substr(1);
    const auto append_entry = [&](const Json& name, const Json& item) {
        expect(::sd_bus_message_open_container(message, 'e', std::string(entry).c_str()),
               entry);
        append_value(message, key, name);
        append_value(message, content, item);
        expect(::sd_bus_message_close_container(message), entry);
    };
    if (value.is_object()) {
        for (const auto& [name, item] : value.items()) append_entry(name, item);
        return;
    }
    for (const auto& pair : value) {
        if (!pair.is_array() || pair.size() != 2) misfit(entry, "is no pair");
        append_entry(pair[0], pair[1]);
    }
}

void append_array(sd_bus_message* message, std::string_view type, const Json& value) {
    const auto content = type.substr(1);
    const bool dictionary = content.front() == '{';
    if (!value.is_array() && !(dictionary && value.is_object())) misfit(type, "is no list");
    expect(::sd_bus_message_open_container(message, 'a', std::string(content).c_str()), type);
    if (dictionary) {
        append_dictionary(message, content.substr(1, content.size() - 2), value);
    } else {
        for (const auto& item : value) append_value(message, content, item);
    }
    expect(::sd_bus_message_close_container(message), type);
}

void append_variant(sd_bus_message* message, const Json& value) {
    if (!value.is_object() || !value.contains("type") || !value.contains("data")) {
        misfit("v", "has no `type` and `data`");
    }
    const auto type = value["type"].get<std::string>();
    if (first_type(type) != type.size()) misfit("v", "is of several types");
    expect(::sd_bus_message_open_container(message, 'v', type.c_str()), "v");
    append_value(message, type, value["data"]);
    expect(::sd_bus_message_close_container(message), "v");
}

void append_structure(sd_bus_message* message, std::string_view type, const Json& value) {
    const auto content = type.substr(1, type.size() - 2);
    expect(::sd_bus_message_open_container(message, 'r', std::string(content).c_str()), type);
    append_values(message, content, value);
    expect(::sd_bus_message_close_container(message), type);
}

void append_value(sd_bus_message* message, std::string_view type, const Json& value) {
    const char kind = type.front();
    switch (kind) {
        case 'y':
            return append_integer<std::uint8_t>(message, kind, value);
        case 'n':
            return append_integer<std::int16_t>(message, kind, value);
        case 'q':
            return append_integer<std::uint16_t>(message, kind, value);
        case 'i':
        case 'h':
            return append_integer<std::int32_t>(message, kind, value);
        case 'u':
            return append_integer<std::uint32_t>(message, kind, value);
        case 'x':
            return append_integer<std::int64_t>(message, kind, value);
        case 't':
            return append_integer<std::uint64_t>(message, kind, value);
        case 'b': {
            if (!value.is_boolean()) misfit(type, "is neither true nor false");
            const int flag = value.get<bool>() ? 1 : 0;
            return expect(::sd_bus_message_append_basic(message, kind, &flag), type);
        }
        case 'd': {
            if (!value.is_number()) misfit(type, "is no number");
            const auto number = value.get<double>();
            return expect(::sd_bus_message_append_basic(message, kind, &number), type);
        }
        case 'a':
            return append_array(message, type, value);
        case '(':
            return append_structure(message, type, value);
        case 'v':
            return append_variant(message, value);
        default:
            return append_text(message, kind, value);  // s, o, g; first_type() saw to that
    }
}

template <class Number>
Json read_number(sd_bus_message* message, char type) {
    Number number{};
    expect(::sd_bus_message_read_basic(message, type, &number), {&type, 1});
    return number;
}

Json read_basic(sd_bus_message* message, char type) {
    switch (type) {
        case 'y':
            return read_number<std::uint8_t>(message, type);
        case 'n':
            return read_number<std::int16_t>(message, type);
        case 'q':
            return read_number<std::uint16_t>(message, type);
        case 'i':
            return read_number<std::int32_t>(message, type);
        case 'u':
            return read_number<std::uint32_t>(message, type);
        case 'x':
            return read_number<std::int64_t>(message, type);
        case 't':
            return read_number<std::uint64_t>(message, type);
        case 'd':
            return read_number<double>(message, type);
        case 'b':
            return read_number<int>(message, type) != 0;
        case 'h':
            misfit("h", "is not taken");
        default: {
            const char* text = nullptr;
            expect(::sd_bus_message_read_basic(message, type, static_cast<void*>(&text)),
                   {&type, 1});
            return text;
        }
    }
}

Json read_dictionary(sd_bus_message* message, bool texts) {
    auto all = texts ? Json::object() : Json::array();
    const char* contents = nullptr;
    char type = 0;
    while (::sd_bus_message_peek_type(message, &type, &contents) > 0) {
        const std::string entry = contents;
        expect(::sd_bus_message_enter_container(message, 'e', entry.c_str()), entry);
        auto pair = read_values(message);
        if (texts) {
            all[pair.at(0).get<std::string>()] = std::move(pair.at(1));
        } else {
            all.push_back(std::move(pair));
        }
        expect(::sd_bus_message_exit_container(message), entry);
    }
    return all;
}

Json read_container(sd_bus_message* message, char type, const std::string& contents) {
    expect(::sd_bus_message_enter_container(message, type, contents.c_str()), contents);
    Json value;
    if (type == 'a' && contents.front() == '{') {
        value = read_dictionary(message, std::strchr("sog", contents[1]) != nullptr);
    } else {
        value = read_values(message);
        if (type == 'v') value = {{"type", contents}, {"data", std::move(value.at(0))}};
    }
    expect(::sd_bus_message_exit_container(message), contents);
    return value;
}

}  // namespace

std::size_t first_type(std::string_view signature) {
    constexpr std::string_view kBasic = "ybnqiuxtdsoghv";
    if (signature.empty()) misfit(signature, "is missing");
    const char kind = signature.front();
    if (kBasic.find(kind) != std::string_view::npos) return 1;
    if (kind == 'a') return 1 + first_type(signature.substr(1));
    const char end = kind == '(' ? ')' : '}';
    if (kind != '(' && kind != '{') misfit(signature, "is unknown");
    std::size_t length = 1;
    while (length < signature.size() && signature[length] != end) {
        length += first_type(signature.substr(length));
    }
    if (length >= signature.size()) misfit(signature, "does not end");
    return length + 1;
}

void append_values(sd_bus_message* message, std::string_view signature, const Json& values) {
    if (!values.is_array()) misfit(signature, "is no list");
    auto rest = signature;
    for (const auto& value : values) {
        if (rest.empty()) misfit(signature, "has too many parts");
        const auto length = first_type(rest);
        append_value(message, rest.substr(0, length), value);
        rest.remove_prefix(length);
    }
    if (!rest.empty()) misfit(signature, "has too few parts");
}

Json read_values(sd_bus_message* message) {
    auto values = Json::array();
    const char* contents = nullptr;
    char type = 0;
    while (true) {
        const int more = ::sd_bus_message_peek_type(message, &type, &contents);
        expect(more, "?");
        if (more == 0) return values;
        values.push_back(contents == nullptr ? read_basic(message, type)
                                             : read_container(message, type, contents));
    }
}

}  // namespace attune
