#include "models/formats/safetensors/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/text/json_text.h"

namespace actionflow::safetensors {
namespace {

constexpr std::string_view kMetadata = "__metadata__";

// The header's grammar is three levels deep, so it is read as events and never becomes a tree:
// a header of a million brackets costs no more than its bytes.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& name) : name_(name) {}

  Header take() { return std::move(header_); }

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool number_integer(number_integer_t value) override { return unexpected(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return unexpected(text); }
  bool binary(binary_t&) override { return unexpected("bytes"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (level_ != Level::numbers) return unexpected(std::to_string(value));
    if (field_ == "shape") {
      if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
        fail(fmt::format("extent {} of tensor '{}' is too large", value, entry_.name));
      }
      entry_.shape.push_back(static_cast<std::int64_t>(value));
    } else {
      offsets_.push_back(value);
    }
    return true;
  }

  bool string(string_t& value) override {
    if (level_ == Level::metadata) {
      header_.metadata[key_] = value;
    } else if (level_ == Level::tensor && field_ == "dtype") {
      entry_.dtype = value;
    } else {
      return unexpected("a string");
    }
    return true;
  }

  bool key(string_t& value) override {
    if (level_ == Level::top) {
      if (!names_.insert(value).second) fail(fmt::format("name '{}' stands twice", value));
      key_ = value;
    } else if (level_ == Level::metadata) {
      if (header_.metadata.contains(value)) fail(fmt::format("metadata key '{}' stands twice", value));
      key_ = value;
    } else {
      if (value != "dtype" && value != "shape" && value != "data_offsets") {
        fail(fmt::format("tensor '{}' has an unknown key '{}'", entry_.name, value));
      }
      if (!fields_.insert(value).second) fail(fmt::format("'{}' of '{}' stands twice", value, entry_.name));
      field_ = value;
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (level_ == Level::outside) {
      level_ = Level::top;
    } else if (level_ == Level::top && key_ == kMetadata) {
      level_ = Level::metadata;
    } else if (level_ == Level::top) {
      level_ = Level::tensor;
      entry_ = Entry{.name = key_, .dtype = {}, .shape = {}};
      fields_.clear();
      field_.clear();
    } else {
      return unexpected("an object");
    }
    return true;
  }

  bool end_object() override {
    if (level_ == Level::tensor) {
      for (const char* field : {"dtype", "shape", "data_offsets"}) {
        if (!fields_.contains(field)) fail(fmt::format("tensor '{}' has no '{}'", entry_.name, field));
      }
      header_.entries.push_back(std::move(entry_));
    }
    level_ = level_ == Level::top ? Level::outside : Level::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (level_ != Level::tensor || field_ == "dtype" || field_.empty()) return unexpected("a list");
    level_ = Level::numbers;
    if (field_ == "data_offsets") offsets_.clear();
    return true;
  }

  bool end_array() override {
    level_ = Level::tensor;
    if (field_ == "data_offsets") {
      if (offsets_.size() != 2) {
        fail(fmt::format("data_offsets of '{}' has {} numbers, expected 2", entry_.name, offsets_.size()));
      }
      entry_.begin = offsets_[0];
      entry_.end = offsets_[1];
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail(fmt::format("not JSON at byte {}", position));
  }

 private:
  enum class Level { outside, top, metadata, tensor, numbers };

  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(fmt::format("{}: safetensors header: {}", name_, what));
  }
  bool unexpected(const std::string& what) const {
    fail(fmt::format("{} where none belongs{}", what, key_.empty() ? "" : fmt::format(" (at '{}')", key_)));
  }

  const std::string& name_;
  Header header_;
  Level level_ = Level::outside;
  std::set<std::string> names_, fields_;
  std::string key_, field_;
  Entry entry_;
  std::vector<std::uint64_t> offsets_;
};

// Nothing when the product does not fit.
bool multiply(std::uint64_t& product, std::uint64_t factor) {
  return !__builtin_mul_overflow(product, factor, &product);
}

void check_entry(const Entry& entry, const std::string& name) {
  const auto fail = [&](const std::string& what) {
    throw ModelError(fmt::format("{}: tensor '{}': {}", name, entry.name, what));
  };
  const std::optional<ElementType> type = element_type(entry.dtype);
  if (!type) {
    fail(fmt::format("dtype '{}' is not read, expected F32, F16, BF16, F64, BOOL, U8 or I8 to I64",
                     entry.dtype));
  }
  // A zero among the extents must not hide a product that does not fit.
  std::uint64_t largest = 1, size = element_bytes(*type);
  for (std::int64_t extent : entry.shape) {
    const auto factor = static_cast<std::uint64_t>(extent);
    if (!multiply(largest, std::max<std::uint64_t>(factor, 1)) || largest > (1ULL << 60U)) {
      fail(fmt::format("shape {} is too large", to_string(entry.shape)));
    }
    size *= factor;
  }
  if (entry.end < entry.begin || entry.end - entry.begin != size) {
    fail(fmt::format("bytes {} to {} do not hold shape {} in {} ({} bytes)", entry.begin, entry.end,
                     to_string(entry.shape), entry.dtype, size));
  }
}

}  // namespace

std::optional<ElementType> element_type(std::string_view dtype) {
  static constexpr std::array<std::pair<std::string_view, ElementType>, 10> kTypes{
      {{"F32", ElementType::f32},
       {"F64", ElementType::f64},
       {"F16", ElementType::f16},
       {"BF16", ElementType::bf16},
       {"I64", ElementType::i64},
       {"I32", ElementType::i32},
       {"I16", ElementType::i16},
       {"I8", ElementType::i8},
       {"U8", ElementType::u8},
       {"BOOL", ElementType::boolean}}};
  for (const auto& [name, type] : kTypes) {
    if (name == dtype) return type;
  }
  return {};
}

Header parse_header(std::string_view json, std::uint64_t data_bytes, const std::string& name) {
  if (json.empty() || json.front() != '{') {
    throw ModelError(fmt::format("{}: safetensors header: does not begin with '{{'", name));
  }
  HeaderReader reader(name);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  Header header = reader.take();
  for (const Entry& entry : header.entries) check_entry(entry, name);
  std::sort(header.entries.begin(), header.entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t position = 0;
  for (const Entry& entry : header.entries) {
    if (entry.begin != position) {
      throw ModelError(fmt::format("{}: tensor '{}' begins at byte {}, but the tensor before it ends at {}",
                                   name, entry.name, entry.begin, position));
    }
    position = entry.end;
  }
  if (position != data_bytes) {
    throw ModelError(fmt::format("{}: the header tells of {} bytes of tensors, the file holds {}{}", name,
                                 position, data_bytes, position > data_bytes ? " (cut short?)" : ""));
  }
  return header;
}

std::string print_header(const Header& header) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) json[std::string(kMetadata)] = header.metadata;
  for (const Entry& entry : header.entries) {
    json[entry.name] = {
        {"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {entry.begin, entry.end}}};
  }
  return json_text(json);
}

}  // namespace actionflow::safetensors
