#include "store/conninfo.h"

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "store/errors.h"

namespace attune {
namespace {

using Keywords = std::map<std::string, std::string>;

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

Keywords parse(const std::string& url) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(
        PQconninfoParse(url.c_str(), &message));
    if (options == nullptr) {
        const std::string why = message != nullptr ? message : "out of memory";
        PQfreemem(message);
        throw StoreRefused("08001", "database.url: " + why.substr(0, why.find('\n')));
    }
    Keywords keywords;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) keywords[option->keyword] = option->val;
    }
    return keywords;
}

std::string quoted(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

std::string joined(const Keywords& keywords) {
    std::string text;
    for (const auto& [keyword, value] : keywords) {
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", keyword, quoted(value));
    }
    return text;
}

std::int64_t milliseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// The server's settings for our session, as PGOPTIONS has them.
std::string session_options(const Database& database, SessionKind kind) {
    std::string options = fmt::format(
        "-c search_path=attune -c TimeZone=UTC -c DateStyle=ISO"
        " -c default_transaction_isolation=read\\ committed -c client_min_messages=warning"
        " -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={}",
        milliseconds(database.statement_timeout), milliseconds(database.lock_timeout),
        milliseconds(database.idle_timeout));
    if (kind == SessionKind::kHot) {
        // A plan made for an empty table of yesterday must be right for the full one of today,
        // so nothing is left to statistics: rows are found by their keys, one by one. The cost
        // of a tuple makes that true for small tables, too: reading all of one for each key
        // looks cheap while it has twenty rows, and the plan stays when it has a million.
        options +=
            " -c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off"
            " -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
            " -c cpu_tuple_cost=100";
    } else {
        // Filters are parameters that may be null: planned for what is asked, every time.
        options += " -c plan_cache_mode=force_custom_plan";
    }
    return options;
}

}  // namespace

std::string make_conninfo(const Database& database, SessionKind kind) {
    Keywords keywords = parse(database.url);
    const std::string ours = session_options(database, kind);
    auto& options = keywords["options"];
    options = options.empty() ? ours : options + " " + ours;
    keywords.try_emplace("fallback_application_name", database.application);
    keywords.try_emplace("client_encoding", "UTF8");
    if (!database.password.empty()) keywords.try_emplace("password", database.password);
    keywords.try_emplace("connect_timeout",
                         std::to_string(milliseconds(database.connect_timeout) / 1000));
    // A server that vanished without a word is noticed in seconds, not in hours.
    keywords.try_emplace("tcp_user_timeout", "10000");
    keywords.try_emplace("keepalives_idle", "5");
    keywords.try_emplace("keepalives_interval", "2");
    keywords.try_emplace("keepalives_count", "3");
    if (keywords["host"].find(',') != std::string::npos) {
        keywords.try_emplace("target_session_attrs", "read-write");
    }
    if (keywords["host"].empty()) keywords.erase("host");
    return joined(keywords);
}

std::string describe_database(const std::string& url) {
    Keywords keywords = parse(url);
    keywords.erase("password");
    keywords.erase("sslpassword");
    return joined(keywords);
}

std::string without_password(const std::string& url) {
    try {
        const Keywords keywords = parse(url);
        const bool secret = keywords.contains("password") || keywords.contains("sslpassword");
        return secret ? describe_database(url) : url;
    } catch (const StoreRefused&) {
        return "(not readable)";
    }
}

}  // namespace attune
