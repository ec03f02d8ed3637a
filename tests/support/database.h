// A real PostgreSQL for tests: one private cluster for each test program, started at the first
// use, gone at exit; and a database of its own for each test, copied from a migrated template,
// which takes milliseconds.
//
//   class LedgerTest : public testing::Test {
//   protected:
//       TestDatabase db;                 // empty, migrated
//       Ledger ledger{db.database()};
//   };
#pragma once

#include <string>

#include "store/connection.h"

namespace attune {

class EmbeddedCluster;

// The program's cluster, for tests of what happens when it stops.
EmbeddedCluster& test_cluster();

class TestDatabase {
public:
    enum class Shape {
        kMigrated,  // the newest schema
        kEmpty,     // not even a schema
    };

    explicit TestDatabase(Shape shape = Shape::kMigrated);
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    // What every class of store/ is made from.
    Database database() const;

    const std::string& name() const { return name_; }

    // For arranging and looking, with search_path attune: several statements at will.
    void run(const std::string& sql);
    // The first column of the first row as text; "" for null and for no row.
    std::string value(const std::string& sql);
    // Rows as "a|b|c" lines, joined by newlines.
    std::string table(const std::string& sql);

private:
    std::string name_;
    Connection connection_;
};

}  // namespace attune
