#include "base/remote/remote_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log/log.h"
#include "base/remote/server_patience.h"

namespace actionflow {

namespace {

constexpr std::uint64_t kLongestBlock = std::uint64_t{4} << 20;
constexpr double kLongestWait = 60;
constexpr double kSecondsBetweenLines = 60;
constexpr std::chrono::milliseconds kPoll{50};

enum Status : long { kOk = 200, kPartial = 206, kBeyond = 416 };

bool is_passing(long status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

std::string said(const RangeAnswer& answer) {
  if (answer.status < 300 && answer.status != 0 && answer.failure.empty()) return "the connection was cut";
  if (answer.status == 0 || answer.status < 300) return answer.failure;
  return fmt::format("the server answers {}{}{}", answer.status, answer.code.empty() ? "" : " ", answer.code);
}

}  // namespace

RemoteFile::RemoteFile(RemoteTarget target, RequestOptions options)
    : target_(std::move(target)),
      options_(std::move(options)),
      server_(server_of(target_.url)),
      next_size_(options_.first_block) {
  take_first(request(0, options_.first_block));
}

void RemoteFile::take_first(RangeAnswer answer) {
  version_ = answer.version;
  known_ = true;
  ranged_ = answer.status != kOk;
  std::optional<std::uint64_t> size = answer.status == kOk ? answer.length : answer.total;
  if (answer.status == kOk && !answer.body.empty()) size = answer.body.size();
  sized_ = size.has_value() || answer.status == kBeyond;
  size_ = size.value_or(0);
  if (answer.status == kBeyond) size_ = 0;  // of nothing no byte can be given
  blocks_[0].bytes = std::move(answer.body);
  if (ranged_ && !sized_)
    fail("the server does not say how long the file is, expected Content-Range with it");
}

std::size_t RemoteFile::read(std::uint64_t offset, std::span<std::uint8_t> to) {
  if (offset >= size_ || to.empty()) return 0;
  const Block* block = held(offset);
  if (!block) block = &fetch(offset);
  const std::size_t count = std::min<std::uint64_t>(to.size(), block->end() - offset);
  std::memcpy(to.data(), block->bytes.data() + (offset - block->offset), count);
  return count;
}

const RemoteFile::Block* RemoteFile::held(std::uint64_t offset) const {
  for (const Block& block : blocks_) {
    if (offset >= block.offset && offset < block.end()) return &block;
  }
  return nullptr;
}

// What is read in its order is fetched in ever longer blocks.
const RemoteFile::Block& RemoteFile::fetch(std::uint64_t offset) {
  if (!ranged_)
    fail(
        fmt::format("the server gives no parts of files (206), and of whole ones up to {} MiB are read, "
                    "expected a server that answers Range",
                    options_.most_whole >> 20));
  const bool goes_on = offset == blocks_[0].end();
  next_size_ = goes_on ? std::min(2 * next_size_, kLongestBlock) : options_.leap_block;
  std::string bytes = request(offset, std::min(next_size_, size_ - offset)).body;
  blocks_[1] = std::exchange(blocks_[0], Block{offset, std::move(bytes)});
  return blocks_[0];
}

// Gives `size` bytes, or of the first request what the file has.
RangeAnswer RemoteFile::request(std::uint64_t offset, std::uint64_t size) {
  Trouble trouble;
  std::string came;
  for (;;) {
    RangeAnswer answer = request_range(target_, {offset + came.size(), size - came.size()}, options_);
    if (answer.stopped || is_stopped()) fail("stopped");
    if (answer.status != 0) note_answer(server_, is_passing(answer.status));
    require_hopeful(answer, offset + came.size());
    if (answer.status == kPartial) {
      if (!answer.body.empty()) trouble.end();
      if (!known_) version_ = answer.version;
      came += answer.body;
    }
    if (is_whole(answer, came.size(), size)) {
      if (answer.status == kPartial) answer.body = std::move(came);
      return answer;
    }
    wait_after(answer, trouble);
  }
}

bool RemoteFile::is_whole(const RangeAnswer& answer, std::size_t came, std::uint64_t size) const {
  if (answer.status == kPartial) return came >= (known_ ? size : std::min(size, answer.total.value_or(size)));
  return answer.status == kBeyond || (answer.status == kOk && answer.failure.empty());
}

// Throws for what another try does not mend.
void RemoteFile::require_hopeful(const RangeAnswer& answer, std::uint64_t offset) const {
  if (answer.status == kPartial) return require_same(answer, offset);
  if (answer.status == kOk) {
    if (known_) fail("the server gave a part before, and now the whole file; try again");
  } else if (answer.status == 0) {
    if (answer.lasting || (answer.unknown_host && !has_answered(server_))) give_up(answer, 0);
  } else if (!is_passing(answer.status) && (answer.status != kBeyond || known_)) {
    refuse(answer);
  }
}

void RemoteFile::wait_after(const RangeAnswer& answer, Trouble& trouble) const {
  static RateLimit lines(kSecondsBetweenLines);
  const double patience = patience_with(server_), waited = trouble.since.seconds();
  if (waited >= patience) give_up(answer, waited);
  const double seconds = std::max(std::chrono::duration<double>(trouble.backoff.next()).count(),
                                  std::min(answer.retry_after, kLongestWait));
  log::limited(lines, log::Level::info, "{}: {}; asked again until it answers, for {:.0f} s at most",
               target_.shown, said(answer), patience);
  const Deadline end(std::min(seconds, patience - waited));
  while (!end.passed() && trouble.since.seconds() < patience_with(server_)) {
    if (is_stopped()) fail("stopped");
    std::this_thread::sleep_for(kPoll);
  }
}

void RemoteFile::give_up(const RangeAnswer& answer, double waited) const {
  note_vain_wait(server_);
  const std::string what =
      fmt::format("{}: {}{}; check the address and the network", target_.shown, said(answer),
                  waited >= 1 ? fmt::format(", for {:.0f} s now", waited) : std::string());
  if (!has_answered(server_)) throw SourceError(what);
  throw ServerLost(what + ", or wait longer (ACTIONFLOW_PATIENCE)");
}

void RemoteFile::require_same(const RangeAnswer& answer, std::uint64_t offset) const {
  if (answer.offset && answer.offset != offset)
    fail(fmt::format("the server gives bytes from {} on where those from {} were asked for", *answer.offset,
                     offset));
  const bool other = !version_.empty() && !answer.version.empty() && answer.version != version_;
  if (other || (known_ && answer.total && *answer.total != size_))
    fail("became another file while it was read; try again");
}

void RemoteFile::fail(const std::string& what) const { throw SourceError(target_.shown + ": " + what); }

void RemoteFile::refuse(const RangeAnswer& answer) const {
  std::string mend = "check the address";
  if (answer.status == 401 || answer.status == 403) {
    mend = target_.access_key.empty()
               ? "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or open the bucket to all"
               : "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION (now " + target_.region +
                     ") and what the key may read";
    if (!target_.bucket) mend = "check the name, password or token in the address";
  } else if (answer.status == 404) {
    mend = target_.bucket ? "there is no such file; check the bucket and the key"
                          : "there is no such file; check the path";
  }
  if (target_.bucket && !answer.region.empty() && answer.region != target_.region)
    mend = "the bucket is in another region; set AWS_REGION=" + answer.region;
  const bool expired = answer.code == "ExpiredToken";
  if (expired) mend = "set AWS_SESSION_TOKEN and its keys anew";
  const std::string what = fmt::format("{}: {}; {}", target_.shown, said(answer), mend);
  if (expired) throw ServerLost(what);  // nothing is known of the file
  throw SourceError(what);
}

}  // namespace actionflow
