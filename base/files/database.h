// A SQLite file: small tables that survive a kill and a power failure.
//
//   Database database(path, Database::Sharing::exclusive);
//   database.run("CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)");
//   Database::Transaction transaction(database);
//   auto insert = database.prepare("INSERT INTO message (payload) VALUES (?)");
//   insert.run(payload);
//   transaction.commit();
//
// Write-ahead log, each commit synced. Errors are thrown as Error (exit code 5) that names the file, what was
// wanted and the system's reason, of a full disk as FailingDisk. One thread at a time; statements end before
// their database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace actionflow {

// The file is no database, or a damaged one.
class DamagedDatabase : public Error {
 public:
  using Error::Error;
};

// The disk takes nothing, or fails.
class FailingDisk : public Error {
 public:
  using Error::Error;
};

class Database {
 public:
  // exclusive: for this process alone as long as it is open; others are refused. shared: others may read and
  // write beside it, and are waited for up to five seconds.
  enum class Sharing { exclusive, shared };

  // Opens it, or makes it in a folder that is there. Throws DamagedDatabase, FailingDisk,
  // or Error.
  Database(const std::filesystem::path& file, Sharing sharing);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // A statement to be run many times.
  class Statement {
   public:
    Statement(Statement&&) noexcept = default;
    // Runs it from its beginning with these values in place of its question marks; true where there is a row.
    template <class... Values>
    bool run(const Values&... values) {
      reset();
      int index = 0;
      (bind(++index, values), ...);
      return step();
    }
    // The next row; false after the last one.
    bool step();
    // Lets go of the last row and what it holds locked.
    void reset();

    // Of the row, columns from 0.
    std::int64_t integer(int column) const;
    double number(int column) const;
    std::string text(int column) const;
    bool null(int column) const;

   private:
    friend class Database;
    struct Finalize {
      void operator()(sqlite3_stmt* statement) const noexcept;
    };
    Statement(Database& database, std::string_view sql);
    void bind(int index, std::int64_t value);
    void bind(int index, int value) { bind(index, std::int64_t{value}); }
    void bind(int index, bool value) { bind(index, std::int64_t{value}); }
    void bind(int index, double value);
    void bind(int index, std::string_view value);
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, const char* value) { bind(index, std::string_view(value)); }
    void bind_null(int index);
    template <class T>
    void bind(int index, const std::optional<T>& value) {
      value ? bind(index, *value) : bind_null(index);
    }

    Database* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  };

  Statement prepare(std::string_view sql) { return {*this, sql}; }
  // One or several statements whose rows do not matter.
  void run(const std::string& sql);
  // Rows that the last statement inserted, changed or deleted.
  std::int64_t changes() const;
  std::int64_t last_insert_id() const;

  // Without commit() nothing of it is kept.
  class Transaction {
   public:
    explicit Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

   private:
    Database& database_;
    bool open_ = true;
  };

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  void check(int code, std::string_view what) const;

  std::string name_;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace actionflow
