#include "datasets/recordings/frame_cache_entry.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <utility>

#include "base/files/descriptor.h"

namespace actionflow {

namespace {

constexpr std::size_t kPage = 4096;
constexpr char kMagic[8] = {'a', 'f', 'f', 'r', 'a', 'm', 'e', 's'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kTableBytesPerFrame = sizeof(std::int64_t) + sizeof(std::uint64_t);

struct Footer {
  std::uint64_t count = 0;
  double duration = 0;
  std::uint64_t sum = 0;
  char magic[8] = {};
};

template <class T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::uint64_t sum_of(const Footer& footer, std::span<const std::int64_t> times_us,
                     std::span<const std::uint64_t> checksums) {
  std::uint64_t sum = checksum(&footer.count, sizeof footer.count);
  sum = checksum(&footer.duration, sizeof footer.duration, sum);
  sum = checksum(times_us.data(), times_us.size_bytes(), sum);
  return checksum(checksums.data(), checksums.size_bytes(), sum);
}

// A file mapped read-only; goes on to stand when the file is removed or replaced.
class Mapping {
 public:
  Mapping(int descriptor, std::size_t bytes) : bytes_(bytes) {
    void* at = bytes == 0 ? MAP_FAILED : ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    data_ = at == MAP_FAILED ? nullptr : static_cast<const std::uint8_t*>(at);
  }
  ~Mapping() {
    if (data_) ::munmap(const_cast<std::uint8_t*>(data_), bytes_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  const std::uint8_t* data() const { return data_; }
  std::size_t size() const { return bytes_; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t bytes_;
};

class MappedFrames final : public VideoFrames {
 public:
  MappedFrames(const EntryKey& key, std::unique_ptr<Mapping> mapping)
      : form_(key.form), frame_bytes_(key.frame_bytes()), mapping_(std::move(mapping)) {}

  // False where the bytes are not those of a whole entry of this key.
  bool read(const std::string& header, bool verify);

  const FrameForm& form() const override { return form_; }
  std::int64_t count() const override { return static_cast<std::int64_t>(times_us_.size()); }
  const std::uint8_t* pixels(std::int64_t frame) const override {
    return pixels_ + static_cast<std::size_t>(frame) * frame_bytes_;
  }
  std::span<const std::int64_t> times_us() const override { return times_us_; }
  double duration() const override { return duration_; }

 private:
  FrameForm form_;
  std::size_t frame_bytes_;
  std::unique_ptr<Mapping> mapping_;
  const std::uint8_t* pixels_ = nullptr;
  std::vector<std::int64_t> times_us_;
  double duration_ = 0;
};

bool MappedFrames::read(const std::string& header, bool verify) {
  const std::uint8_t* data = mapping_->data();
  const std::size_t size = mapping_->size();
  if (!data || size < header.size() + sizeof(Footer)) return false;
  if (std::memcmp(data, header.data(), header.size()) != 0) return false;

  Footer footer;
  std::memcpy(&footer, data + size - sizeof footer, sizeof footer);
  const std::size_t body = size - header.size() - sizeof footer;
  const std::size_t bytes_per_frame = frame_bytes_ + kTableBytesPerFrame;
  if (std::memcmp(footer.magic, kMagic, sizeof kMagic) != 0 || footer.count == 0) return false;
  if (body % bytes_per_frame != 0 || body / bytes_per_frame != footer.count) return false;

  const std::size_t count = footer.count;
  pixels_ = data + header.size();
  const std::uint8_t* table = pixels_ + count * frame_bytes_;
  times_us_.resize(count);
  std::vector<std::uint64_t> checksums(count);
  std::memcpy(times_us_.data(), table, count * sizeof times_us_[0]);
  std::memcpy(checksums.data(), table + count * sizeof times_us_[0], count * sizeof checksums[0]);
  if (footer.sum != sum_of(footer, times_us_, checksums)) return false;
  duration_ = footer.duration;
  for (std::size_t k = 0; verify && k < count; ++k) {
    if (checksum(pixels_ + k * frame_bytes_, frame_bytes_) != checksums[k]) return false;
  }
  return true;
}

}  // namespace

std::string EntryKey::header() const {
  std::string bytes(kMagic, sizeof kMagic);
  append(bytes, kVersion);
  for (const int number :
       {form.height, form.width, static_cast<int>(form.color), static_cast<int>(form.resize.filter),
        static_cast<int>(form.resize.mode), form.resize.size, static_cast<int>(path.size())})
    append(bytes, static_cast<std::int32_t>(number));
  append(bytes, frame_rate);
  append(bytes, fingerprint.bytes);
  append(bytes, fingerprint.modified_ns);
  append(bytes, fingerprint.files);
  append(bytes, prepared_by);
  bytes += path;
  if (part) {
    append(bytes, part->begin);
    append(bytes, part->end);
  }
  bytes.resize((bytes.size() + kPage - 1) / kPage * kPage);
  return bytes;
}

std::string EntryKey::file_name() const {
  EntryKey lasting = *this;
  lasting.fingerprint = {};
  lasting.prepared_by = 0;
  const std::string header = lasting.header();
  return fmt::format("{:016x}{}", checksum(header.data(), header.size()), kEntrySuffix);
}

std::size_t EntryKey::frame_bytes() const {
  return static_cast<std::size_t>(form.height) * static_cast<std::size_t>(form.width) *
         static_cast<std::size_t>(form.channels());
}

// The system's own "now" for files stands still for milliseconds.
void mark_used(const std::filesystem::path& file) {
  struct timespec now {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const struct timespec times[2] = {now, now};
  ::utimensat(AT_FDCWD, file.c_str(), times, 0);
}

std::shared_ptr<const VideoFrames> open_entry(const std::filesystem::path& file, const EntryKey& key,
                                              bool verify) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!descriptor || ::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  auto frames = std::make_shared<MappedFrames>(
      key, std::make_unique<Mapping>(descriptor.get(), static_cast<std::size_t>(status.st_size)));
  if (!frames->read(key.header(), verify)) return nullptr;
  return frames;
}

EntryWriter::EntryWriter(const std::filesystem::path& file, const EntryKey& key, FileSystem& files)
    : frame_bytes_(key.frame_bytes()), file_(file, files) {
  const std::string header = key.header();
  file_.write(header);
  written_ = header.size();
}

void EntryWriter::add(std::int64_t time_us, const std::uint8_t* pixels) {
  file_.write(pixels, frame_bytes_);
  written_ += frame_bytes_;
  times_us_.push_back(time_us);
  checksums_.push_back(checksum(pixels, frame_bytes_));
}

std::uint64_t EntryWriter::bytes() const {
  return written_ + times_us_.size() * kTableBytesPerFrame + sizeof(Footer);
}

void EntryWriter::finish(double duration) {
  Footer footer;
  footer.count = times_us_.size();
  footer.duration = duration;
  footer.sum = sum_of(footer, times_us_, checksums_);
  std::memcpy(footer.magic, kMagic, sizeof kMagic);
  file_.write(times_us_.data(), times_us_.size() * sizeof times_us_[0]);
  file_.write(checksums_.data(), checksums_.size() * sizeof checksums_[0]);
  file_.write(&footer, sizeof footer);
}

}  // namespace actionflow
