#include "tests/bench/chain/bare_chain.h"

#include <memory>

#include "store/session.h"
#include "tests/bench/chain/chain_threads.h"

namespace attune {
namespace {

constexpr const char* kBareTables = R"sql(
CREATE SCHEMA IF NOT EXISTS bare;
DROP TABLE IF EXISTS bare.execution, bare.enforcement, bare.event;
CREATE TABLE bare.event (
    id bigserial PRIMARY KEY, timer bigint NOT NULL, seq bigint NOT NULL,
    created timestamptz NOT NULL DEFAULT now(), payload jsonb NOT NULL, UNIQUE (timer, seq));
CREATE TABLE bare.enforcement (
    id bigserial PRIMARY KEY, event bigint NOT NULL, rule bigint NOT NULL,
    status text NOT NULL, created timestamptz NOT NULL DEFAULT now(), payload jsonb NOT NULL,
    UNIQUE (event, rule));
CREATE TABLE bare.execution (
    id bigserial PRIMARY KEY, enforcement bigint NOT NULL UNIQUE, status text NOT NULL,
    created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
    config jsonb NOT NULL, result jsonb))sql";

constexpr Statement kBareInsert{"bare_insert", R"sql(
WITH e AS (
    INSERT INTO bare.event (timer, seq, payload)
    SELECT t, s, p::jsonb FROM unnest($1::int8[], $2::int8[], $3::text[]) AS r (t, s, p)
    ON CONFLICT DO NOTHING RETURNING id, payload),
f AS (
    INSERT INTO bare.enforcement (event, rule, status, payload)
    SELECT id, 1, 'processed', payload FROM e RETURNING id, payload)
INSERT INTO bare.execution (enforcement, status, config)
SELECT id, 'requested', payload FROM f RETURNING id)sql"};

constexpr Statement kBareComplete{"bare_complete", R"sql(
UPDATE bare.execution x SET status = 'succeeded', result = c.result::jsonb, updated = now()
FROM unnest($1::int8[], $2::text[]) AS c (id, result) WHERE x.id = c.id)sql"};

class BareChain {
public:
    BareChain(const Database& database, int thread, int batch)
        : connection_(database, SessionKind::kHot), thread_(thread), batch_(batch) {}

    int step() {
        ArrayText timers;
        ArrayText seqs;
        ArrayText payloads;
        ++seq_;
        for (int n = 0; n < batch_; ++n) {
            timers.add(std::int64_t{thread_ * 100'000 + n});
            seqs.add(seq_);
            payloads.add_quoted(kPayload);
        }
        ArrayText ids;
        ArrayText results;
        connection_.transact([&](Session& session) {
            const auto rows = session.run(
                kBareInsert, Params().add(timers.take()).add(seqs.take()).add(payloads.take()));
            for (int n = 0; n < rows.size(); ++n) {
                ids.add(rows[n].number(0));
                results.add_quoted(kResult);
            }
        });
        connection_.transact([&](Session& session) {
            session.run(kBareComplete, Params().add(ids.take()).add(results.take()));
        });
        return batch_;
    }

private:
    Connection connection_;
    int thread_;
    int batch_;
    std::int64_t seq_ = 0;
};

}  // namespace

Speed measure_bare(BenchCluster& cluster, const BenchOptions& options) {
    cluster.run(kBareTables);
    const auto speed = measure(cluster, options, [&](int thread) -> Chain {
        auto chain =
            std::make_shared<BareChain>(cluster.database(), thread, options.bare_batch);
        return [chain] { return chain->step(); };
    });
    cluster.run("DROP TABLE bare.execution, bare.enforcement, bare.event");
    return speed;
}

}  // namespace attune
