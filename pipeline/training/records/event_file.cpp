#include "pipeline/training/records/event_file.h"

#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/machine/clock.h"

namespace actionflow {
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr std::size_t kHeadBytes = 12, kFootBytes = 4;  // of a record
constexpr std::uint64_t kMostEventBytes = 1 << 20;

// Protocol buffers' wire types.
enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
// Fields of Event, Summary and Summary.Value.
constexpr std::uint32_t kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5;
constexpr std::uint32_t kValue = 1, kTag = 1, kSimpleValue = 2;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ExitCode::failure, path.string() + ": " + what + ": " + std::strerror(errno));
}

template <class T>
void put(std::string& to, T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  to.append(bytes.data(), bytes.size());
}

template <class T>
T get(std::string_view from, std::size_t at) {
  std::array<char, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), from.data() + at, sizeof(T));
  return std::bit_cast<T>(bytes);
}

void put_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

void put_key(std::string& to, std::uint32_t field, Wire wire) { put_varint(to, field << 3 | wire); }

void put_bytes(std::string& to, std::uint32_t field, const std::string& bytes) {
  put_key(to, field, kBytes);
  put_varint(to, bytes.size());
  to += bytes;
}

std::string event_head(std::int64_t step) {
  std::string event;
  put_key(event, kWallTime, kFixed64);
  put(event, static_cast<double>(Clock::system().wall_ns()) * 1e-9);
  put_key(event, kStep, kVarint);
  put_varint(event, static_cast<std::uint64_t>(step));
  return event;
}

std::uint32_t masked_crc(std::span<const char> bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8U; }

std::optional<std::uint64_t> read_varint(std::string_view event, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0; at < event.size() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(event[at++]);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// Of an event that begins as event_head() writes it.
std::optional<std::int64_t> step_of(std::string_view event) {
  std::size_t at = 9;
  if (event.size() < 11 || event[0] != (kWallTime << 3 | kFixed64) || event[at++] != (kStep << 3 | kVarint))
    return std::nullopt;
  const auto step = read_varint(event, at);
  return step ? std::optional(static_cast<std::int64_t>(*step)) : std::nullopt;
}

// The event of the record at `at`; nothing where it is cut off or damaged.
std::optional<std::string_view> event_at(std::string_view file, std::size_t at) {
  if (file.size() - at < kHeadBytes) return std::nullopt;
  const auto length = get<std::uint64_t>(file, at);
  if (masked_crc(file.substr(at, 8)) != get<std::uint32_t>(file, at + 8) || length > kMostEventBytes ||
      file.size() - at < kHeadBytes + length + kFootBytes)
    return std::nullopt;
  const std::string_view event = file.substr(at + kHeadBytes, length);
  if (masked_crc(event) != get<std::uint32_t>(file, at + kHeadBytes + length)) return std::nullopt;
  return event;
}

std::size_t bytes_up_to(std::string_view file, std::int64_t last_step) {
  std::size_t at = 0;
  while (const auto event = event_at(file, at)) {
    const auto step = step_of(*event);
    if (!step || *step > last_step) break;
    at += kHeadBytes + event->size() + kFootBytes;
  }
  return at;
}

std::optional<std::filesystem::path> newest(const std::filesystem::path& folder) {
  std::optional<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(kPrefix) && (!found || *found < entry.path()))
      found = entry.path();
  return found;
}

}  // namespace

std::uint32_t crc32c(std::span<const char> bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < made.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? 0x82F63B78U : 0);
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return ~crc;
}

EventFile EventFile::begin(const std::filesystem::path& folder) {
  const std::int64_t seconds = Clock::system().wall_ns() / 1'000'000'000;
  EventFile file(folder / (std::string(kPrefix) + std::to_string(seconds) + ".actionflow"));
  file.append_version();
  return file;
}

EventFile EventFile::go_on(const std::filesystem::path& folder, std::int64_t last_step) {
  const auto found = newest(folder);
  if (!found) return begin(folder);
  std::ifstream stream(*found, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(stream), {}};
  const std::size_t kept = bytes_up_to(content, last_step);
  if (::truncate(found->c_str(), static_cast<off_t>(kept)) != 0)
    fail(*found, "cannot be cut back to its checkpoint");
  EventFile file(*found);
  if (kept == 0) file.append_version();
  return file;
}

void EventFile::append_version() const {
  std::string event = event_head(0);
  put_bytes(event, kFileVersion, "brain.Event:2");
  append(event);
}

void EventFile::add(std::int64_t step, std::span<const Scalar> scalars) {
  std::string summary;
  for (const Scalar& scalar : scalars) {
    std::string value;
    put_bytes(value, kTag, scalar.tag);
    put_key(value, kSimpleValue, kFixed32);
    put(value, static_cast<float>(scalar.value));
    put_bytes(summary, kValue, value);
  }
  std::string event = event_head(step);
  put_bytes(event, kSummary, summary);
  append(event);
}

void EventFile::append(const std::string& event) const {
  std::string record;
  put(record, static_cast<std::uint64_t>(event.size()));
  put(record, masked_crc(record));
  record += event;
  put(record, masked_crc(event));
  std::ofstream file(path_, std::ios::binary | std::ios::app);
  if (!file.write(record.data(), static_cast<std::streamsize>(record.size())).flush())
    fail(path_, "cannot be written");
}

}  // namespace actionflow
