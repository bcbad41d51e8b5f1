#include "base/files/database.h"

#include <sqlite3.h>

#include <cerrno>

#include "base/log/log.h"

namespace actionflow {

namespace {

constexpr int kWaitMs = 5000;
// A run that has just ended may take a moment to let go of its own.
constexpr int kExclusiveWaitMs = 2000;

// The statement's first words tell which it is.
std::string shortened_sql(std::string_view sql) {
  constexpr std::size_t kShownBytes = 60;
  return std::string(sql.substr(0, kShownBytes)) + (sql.size() > kShownBytes ? "…" : "");
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
void Database::Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Database::Database(const std::filesystem::path& file, Sharing sharing) : name_(file.string()) {
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(
      name_.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  check(opened, "cannot be opened, expected a folder that exists and is writable");
  const bool exclusive = sharing == Sharing::exclusive;
  sqlite3_busy_timeout(handle, exclusive ? kExclusiveWaitMs : kWaitMs);
  if (exclusive) run("PRAGMA locking_mode = EXCLUSIVE");
  // Takes the lock of an exclusive one, and reads enough to tell a database from something else.
  run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE; COMMIT");
}

Database::~Database() = default;

void Database::check(int code, std::string_view what) const {
  const int primary = code & 0xFF;
  if (primary == SQLITE_OK || primary == SQLITE_ROW || primary == SQLITE_DONE) return;
  if (primary == SQLITE_BUSY)
    throw Error(ExitCode::failure, name_ + ": in use by another process, expected a file of its own");
  // People need no SQL to know what to mend.
  if (primary == SQLITE_FULL)
    throw FailingDisk(ExitCode::failure, name_ + ": the disk is full; make room on it");
  if (primary == SQLITE_READONLY)
    throw Error(ExitCode::failure, name_ + ": may not be written; make it writable for this user");
  const std::string message = name_ + ": " + std::string(what) + ": " +
                              (handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code));
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
    throw DamagedDatabase(ExitCode::failure, message);
  const bool no_room =
      primary == SQLITE_CANTOPEN && handle_ &&
      (sqlite3_system_errno(handle_.get()) == ENOSPC || sqlite3_system_errno(handle_.get()) == EDQUOT);
  if (primary == SQLITE_IOERR || no_room) throw FailingDisk(ExitCode::failure, message);
  throw Error(ExitCode::failure, message);
}

void Database::run(const std::string& sql) {
  check(sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr), shortened_sql(sql));
}

std::int64_t Database::changes() const { return sqlite3_changes(handle_.get()); }
std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

Database::Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database.handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  database.check(code, shortened_sql(sql));
}

bool Database::Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  // What it holds locked is let go at once, the message stays.
  const std::string sql = code == SQLITE_DONE ? "" : shortened_sql(sqlite3_sql(statement_.get()));
  sqlite3_reset(statement_.get());
  database_->check(code, sql);
  return false;
}

void Database::Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

void Database::Statement::bind(int index, std::int64_t value) {
  database_->check(sqlite3_bind_int64(statement_.get(), index, value), "bind");
}
void Database::Statement::bind(int index, double value) {
  database_->check(sqlite3_bind_double(statement_.get(), index, value), "bind");
}
void Database::Statement::bind(int index, std::string_view value) {
  database_->check(sqlite3_bind_text64(statement_.get(), index, value.data() ? value.data() : "",
                                       value.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
                   "bind");
}
void Database::Statement::bind_null(int index) {
  database_->check(sqlite3_bind_null(statement_.get(), index), "bind");
}

std::int64_t Database::Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double Database::Statement::number(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}
std::string Database::Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes ? std::string(bytes, size) : std::string();
}
bool Database::Statement::null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Database::Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const std::exception& error) {
    log::debug("{}", error.what());  // a full disk has rolled it back already
  }
}

void Database::Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace actionflow
