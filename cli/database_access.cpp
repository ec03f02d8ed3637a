#include "cli/database_access.h"

#include "store/errors.h"
#include "store/migrate.h"

namespace attune {

Database open_database(const Given& given, const std::string& application) {
    Database database{.url = given.text("--database"), .application = application};
    with_database([&] { require_schema(database); });
    return database;
}

void with_database(const std::function<void()>& work) {
    try {
        work();
    } catch (const StoreUnavailable& error) {
        throw CommandFailed{kExitUnreachable, error.what(),
                            "is the database up, and is --database right?"};
    } catch (const StoreInDoubt& error) {
        throw CommandFailed{kExitUnreachable, error.what(),
                            "perhaps it was done; repeat the command, it does what is left"};
    } catch (const StoreConflict& error) {
        throw CommandFailed{kExitFailed, error.what(),
                            "somebody else is changing the database; repeat the command"};
    } catch (const SchemaRefused& error) {
        throw CommandFailed{kExitFailed, error.what(),
                            "`attuned` brings a database to its schema when it starts: "
                            "`attuned --source DIR --set database.url=URL`"};
    } catch (const StoreError& error) {
        throw CommandFailed{kExitFailed, error.what()};
    }
}

}  // namespace attune
