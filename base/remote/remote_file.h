// A file on a server, read by stretches: what a connection cuts off goes on where it ended.
//
// Passing trouble (429, 5xx, a connection that is refused or breaks, silence) is waited out for as long as
// server_patience.h says: 0.5 s, then twice as long each time up to 30 s, or as long as the server says; a
// line in the log tells of it once a minute. After so long without a byte it is an error.
//
// Holds at most two blocks of 4 MiB. Belongs to one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/machine/backoff.h"
#include "base/machine/clock.h"
#include "base/remote/address.h"
#include "base/remote/range_request.h"

namespace actionflow {

class RemoteFile {
 public:
  // Asks for the first bytes. Throws SourceError that names the address (without credentials), the server's
  // answer and the mend; "stopped" soon after `options.stopped` says so. Throws ServerLost where a server
  // that answered before was waited for in vain.
  explicit RemoteFile(const std::string& address, RequestOptions options = {})
      : RemoteFile(RemoteTarget::of(address), std::move(options)) {}
  explicit RemoteFile(RemoteTarget target, RequestOptions options = {});

  // False where the server gives whole files only: then read() works up to `options.most_whole`.
  bool ranged() const { return ranged_; }
  // Whether the server says how long the file is; else size() is 0.
  bool sized() const { return sized_; }
  std::uint64_t size() const { return size_; }
  // Its ETag, or when it was changed last: another one, another file. Empty where the server says neither.
  const std::string& version() const { return version_; }

  // Bytes from `offset` on; fewer than asked for, but one at least before the end. Throws as the constructor,
  // and where the file has become another one meanwhile.
  std::size_t read(std::uint64_t offset, std::span<std::uint8_t> to);

 private:
  struct Block {
    std::uint64_t offset = 0;
    std::string bytes;
    std::uint64_t end() const { return offset + bytes.size(); }
  };

  const Block* held(std::uint64_t offset) const;
  const Block& fetch(std::uint64_t offset);
  RangeAnswer request(std::uint64_t offset, std::uint64_t size);
  void take_first(RangeAnswer answer);
  bool is_stopped() const { return options_.stopped && options_.stopped(); }
  void require_same(const RangeAnswer& answer, std::uint64_t offset) const;
  bool is_whole(const RangeAnswer& answer, std::size_t came, std::uint64_t size) const;
  void require_hopeful(const RangeAnswer& answer, std::uint64_t offset) const;
  struct Trouble {
    Backoff backoff;
    Stopwatch since;  // the last byte came
    void end() {
      backoff.reset();
      since.reset();
    }
  };
  void wait_after(const RangeAnswer& answer, Trouble& trouble) const;
  [[noreturn]] void give_up(const RangeAnswer& answer, double waited) const;
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void refuse(const RangeAnswer& answer) const;

  RemoteTarget target_;
  RequestOptions options_;
  std::string server_;
  bool ranged_ = false, sized_ = false, known_ = false;
  std::uint64_t size_ = 0;
  std::string version_;
  std::array<Block, 2> blocks_;  // the newest first
  std::uint64_t next_size_;
};

}  // namespace actionflow
