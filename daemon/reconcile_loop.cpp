#include "daemon/reconcile_loop.h"

#include <algorithm>
#include <utility>

#include "daemon/executor/feed_items.h"
#include "reconciler/report_json.h"
#include "store/errors.h"
#include "wire/inboxes.h"

namespace attune {
namespace {

// A tree that is being written to is left alone until it is quiet, but not for ever.
constexpr Duration kQuiet = std::chrono::milliseconds(300);
constexpr Duration kLongestQuiet = std::chrono::seconds(10);

}  // namespace

ReconcileLoop::ReconcileLoop(ReconcileOptions options, const Database& database, Bus& bus,
                             LiveCatalog& catalog, const ZoneSource& zones,
                             const std::atomic<bool>& listened, Vitals& vitals, Log& log)
    : options_(std::move(options)),
      catalog_(catalog),
      listened_(listened),
      vitals_(vitals),
      log_(log),
      bus_(bus),
      inbox_(bus, kReconcileInbox),
      feed_(bus, {kFeedInbox}),
      watcher_(options_.source_path),
      reconciler_(options_.source_path, database, zones),
      pausing_(database, zones) {
    std::vector<std::string> inboxes = {kJournalInbox, kSystemdInbox};
    for (int i = 0; i < options_.timer_workers; ++i) inboxes.push_back(timer_inbox(i));
    for (const auto& inbox : inboxes) {
        sensors_.push_back(std::make_unique<Outbox>(bus, std::vector<std::string>{inbox}));
    }
}

std::optional<Duration> ReconcileLoop::step(Moment moment) {
    take_in(moment);
    if (watcher_.drain()) hint(moment);
    if (vitals_.looks_asked() != std::exchange(looks_seen_, vitals_.looks_asked())) {
        due_at_ = moment.elapsed;
    }
    serve_pauses(moment);
    preview(moment);
    if (!asked_.empty() || moment.elapsed >= due_at_) pass(moment);
    const auto rest = std::max(due_at_ - moment.elapsed, Duration{0});
    const auto end = pausing_.next_end();
    return end && *end > moment.now ? std::min(rest, *end - moment.now) : rest;
}

Woken ReconcileLoop::wait(std::optional<Duration> timeout) {
    pollfd hints{watcher_.fd(), POLLIN, 0};
    return inbox_.wait(timeout, std::span(&hints, 1));
}

void ReconcileLoop::take_in(Moment moment) {
    while (auto bytes = inbox_.receive()) {
        const auto message = decode(*bytes);
        if (!message) continue;
        if (const auto* request = std::get_if<ReconcileRequest>(&*message)) {
            (request->plan_only ? previews_ : asked_).push_back(*request);
        } else if (const auto* pause = std::get_if<PauseRequest>(&*message)) {
            pauses_.push_back(*pause);
        } else if (std::holds_alternative<Wake>(*message)) {
            due_at_ = moment.elapsed;
        }
    }
}

void ReconcileLoop::hint(Moment moment) {
    if (!quiet_since_) quiet_since_ = moment.elapsed;
    due_at_ = std::min(moment.elapsed + kQuiet, *quiet_since_ + kLongestQuiet);
}

void ReconcileLoop::pass(Moment moment) {
    quiet_since_.reset();
    PassOptions options{.in_full = !asked_.empty()};
    for (const auto& request : asked_) {
        options.allowed_retirements =
            std::max(options.allowed_retirements, request.allow_retire);
    }
    const auto asked = std::exchange(asked_, {});
    const auto looks = looks_seen_;
    Report report;
    try {
        report = reconciler_.reconcile(moment.now, moment.elapsed, options);
    } catch (const StoreError& error) {
        const Json failure{
            {"error",
             {{"code", "database_unavailable"},
              {"message", error.what()},
              {"help", "the daemon goes on trying by itself; see attune status"}}}};
        for (const auto& request : asked) answer(request, failure);
        vitals_.set_looks_done(looks);
        throw;
    }
    const auto poll = std::min<Duration>(options_.poll, watcher_.poll_every());
    due_at_ = moment.elapsed + report.again_in.value_or(poll);
    const auto* listing = reconciler_.listing();
    if (listing != nullptr && watcher_.cover(*listing)) hint(moment);
    if (watcher_.trouble() != last_trouble_) {
        last_trouble_ = watcher_.trouble();
        if (!last_trouble_.empty()) log_.warn("source: {}", last_trouble_);
    }
    if (!report.outcome) {
        asked_.insert(asked_.end(), asked.begin(), asked.end());
        if (!asked_.empty()) due_at_ = std::max(due_at_, moment.elapsed + kQuiet);
        return;
    }
    log(report);
    tell_vitals(report);
    vitals_.set_looks_done(looks);
    const auto told = report_json(report);
    for (const auto& request : asked) answer(request, told);
    announce(report.generation, report.moved, moment);
}

// Executors find out by themselves, with every recording; sensors have to be told.
void ReconcileLoop::announce(Generation generation, bool moved, Moment moment) {
    if (generation <= announced_) return;
    catalog_.at_least(generation);
    for (const auto& loop : sensors_) loop->send(encode(CatalogChanged{generation}));
    if (moved && listened_.load()) {
        feed_.send(encode(catalog_changed(generation, moment.now)));
    }
    announced_ = generation;
}

void ReconcileLoop::preview(Moment moment) {
    for (const auto& request : std::exchange(previews_, {})) {
        const PassOptions options{.in_full = true, .allowed_retirements = request.allow_retire};
        try {
            answer(request, preview_json(reconciler_.preview(moment.now, options)));
        } catch (const StoreError& error) {
            answer(request, Json{{"error",
                                  {{"code", "database_unavailable"},
                                   {"message", error.what()},
                                   {"help", "try again when the database is back"}}}});
        }
    }
}

void ReconcileLoop::answer(const ReconcileRequest& request, const Json& report) {
    if (request.reply_to.empty()) return;
    Outbox(bus_, {request.reply_to})
        .send(encode(ReconcileReply{request.request, compact(report)}));
}

}  // namespace attune
