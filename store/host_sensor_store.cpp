#include "store/host_sensor_store.h"

#include "store/session.h"

namespace attune {
namespace {

constexpr Statement kLoad{"host_progress",
                          "SELECT sensor_id, position FROM sensor_progress WHERE origin = $1"};

constexpr Statement kSave{"save_host_progress", R"sql(
INSERT INTO sensor_progress AS known (sensor_id, origin, position)
SELECT sensor_id, $1, position::jsonb
FROM unnest($2::int8[], string_to_array($3, E'\n', '')) AS g (sensor_id, position)
ORDER BY sensor_id
ON CONFLICT (sensor_id) DO UPDATE
SET origin = excluded.origin, position = excluded.position, updated_at = now())sql"};

constexpr Statement kSkip{"add_host_skips", R"sql(
INSERT INTO sensor_skip (sensor_id, count, since_at, through_at, reason, detail)
SELECT sensor_id, count, instant(since), instant(through), reason, detail
FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::text[])
    AS g (sensor_id, count, since, through, reason, detail))sql"};

constexpr Statement kForget{
    "forget_host_progress",
    "DELETE FROM sensor_progress WHERE origin = $1 AND sensor_id = ANY ($2::int8[])"};

void save_skips(Session& session, std::span<const HostSkip> skips) {
    ArrayText sensors;
    ArrayText counts;
    ArrayText since;
    ArrayText through;
    ArrayText reasons;
    ArrayText details;
    for (const auto& skip : skips) {
        sensors.add(skip.sensor.value);
        skip.count ? counts.add(*skip.count) : counts.add_null();
        since.add(skip.since.value_or(kNever));
        through.add(skip.through.value_or(kNever));
        reasons.add_word(to_string(skip.reason));
        details.add_quoted(skip.detail);
    }
    session.run(kSkip, Params()
                           .add(sensors.take())
                           .add(counts.take())
                           .add(since.take())
                           .add(through.take())
                           .add(reasons.take())
                           .add(details.take()));
}

}  // namespace

std::string_view to_string(HostSkipReason reason) {
    switch (reason) {
        case HostSkipReason::kBurst:
            return "burst";
        case HostSkipReason::kVacuumed:
            return "vacuumed";
        case HostSkipReason::kRefused:
            return "refused";
    }
    return {};
}

HostSensorStore::HostSensorStore(Database database) : connection_(std::move(database)) {}

HostSensorStore::~HostSensorStore() = default;

std::map<SensorId, Json> HostSensorStore::load(EventOrigin origin) {
    std::map<SensorId, Json> progress;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kLoad, Params().add(to_string(origin)));
        for (int n = 0; n < rows.size(); ++n) {
            progress[SensorId{rows[n].number(0)}] = Json::parse(rows[n].text(1));
        }
    });
    return progress;
}

void HostSensorStore::save(EventOrigin origin, std::span<const HostProgress> progress,
                           std::span<const HostSkip> skips) {
    if (progress.empty() && skips.empty()) return;
    ArrayText sensors;
    LineText positions;
    for (const auto& each : progress) {
        sensors.add(each.sensor.value);
        positions.add(compact(each.position));
    }
    connection_.transact([&](Session& session) {
        session.run(kSave,
                    Params().add(to_string(origin)).add(sensors.take()).add(positions.take()));
        if (!skips.empty()) save_skips(session, skips);
    });
}

void HostSensorStore::forget(EventOrigin origin, std::span<const SensorId> sensors) {
    if (sensors.empty()) return;
    ArrayText ids;
    for (const auto sensor : sensors) ids.add(sensor.value);
    connection_.transact([&](Session& session) {
        session.run(kForget, Params().add(to_string(origin)).add(ids.take()));
    });
}

}  // namespace attune
