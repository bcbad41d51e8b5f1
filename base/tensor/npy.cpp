#include "base/tensor/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/files/atomic_file.h"

namespace actionflow {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostAxes = 32;
static_assert(std::endian::native == std::endian::little);

struct Header {
  char kind = 'f';  // f, i, u or b
  std::size_t bytes = 4;
  bool big_endian = false;
  bool fortran = false;
  Shape shape;
};

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw ModelError(name + ": not a .npy file that can be read: " + reason);
}

// The header is a Python dictionary of three keys; this reads that much of Python.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header read() {
    expect('{');
    while (!take('}')) {
      const std::string_view key = quoted();
      expect(':');
      value_of(key);
      if (!take(',') && peek() != '}') refuse(name_, "its header is damaged");
    }
    skip_space();
    if (!text_.empty()) refuse(name_, "its header has something after its end");
    if (!descr_ || !order_ || !shape_) refuse(name_, "its header lacks descr, fortran_order or shape");
    return header_;
  }

 private:
  void skip_space() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t'))
      text_.remove_prefix(1);
  }
  char peek() {
    skip_space();
    return text_.empty() ? '\0' : text_[0];
  }
  bool take(char c) {
    if (peek() != c || c == '\0') return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(name_, "its header is damaged");
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  std::string_view quoted() {
    const char quote = peek();
    const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) refuse(name_, "its header is damaged");
    const std::string_view inside = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return inside;
  }

  void value_of(std::string_view key) {
    if (key == "descr" && !std::exchange(descr_, true)) {
      type(quoted());
    } else if (key == "fortran_order" && !std::exchange(order_, true)) {
      header_.fortran = take_word("True");
      if (!header_.fortran && !take_word("False"))
        refuse(name_, "its fortran_order is neither True nor False");
    } else if (key == "shape" && !std::exchange(shape_, true)) {
      shape();
    } else {
      refuse(name_, "its header has an unknown or repeated key");
    }
  }

  void type(std::string_view text) {
    static constexpr std::string_view kKnown[] = {"f2", "f4", "f8", "i1", "i2", "i4",
                                                  "i8", "u1", "u2", "u4", "u8", "b1"};
    const bool marked = text.size() == 3 && std::string_view("<>|=").find(text[0]) != std::string_view::npos;
    for (const std::string_view known : kKnown) {
      if (!marked || text.substr(1) != known) continue;
      header_.kind = known[0];
      header_.bytes = static_cast<std::size_t>(known[1] - '0');
      header_.big_endian = text[0] == '>';
      return;
    }
    refuse(name_, "its numbers are of type '" + printable(text) + "', expected float or integer, as '<f4'");
  }

  static std::string printable(std::string_view text) {
    std::string shown;
    for (const char c : text.substr(0, 20)) shown += c >= ' ' && c <= '~' ? c : '?';
    return shown;
  }

  void shape() {
    expect('(');
    while (!take(')')) {
      skip_space();
      std::int64_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (error != std::errc() || extent < 0) refuse(name_, "its shape is damaged");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      header_.shape.push_back(extent);
      if (header_.shape.size() > kMostAxes) refuse(name_, "it has more than 32 axes");
      if (!take(',') && peek() != ')') refuse(name_, "its shape is damaged");
    }
  }

  std::string_view text_;
  const std::string& name_;
  Header header_;
  bool descr_ = false;
  bool order_ = false;
  bool shape_ = false;
};

float half_to_float(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) {
    return fraction != 0 ? std::numeric_limits<float>::quiet_NaN()
                         : sign * std::numeric_limits<float>::infinity();
  }
  const float whole = exponent == 0 ? static_cast<float>(fraction) : static_cast<float>(fraction + 1024);
  return sign * std::ldexp(whole, (exponent == 0 ? 1 : exponent) - 25);
}

template <class N>
float one(const unsigned char* at, bool swapped) {
  unsigned char bytes[sizeof(N)];
  for (std::size_t i = 0; i < sizeof(N); ++i) bytes[i] = at[swapped ? sizeof(N) - 1 - i : i];
  N number;
  std::memcpy(&number, bytes, sizeof(N));
  return static_cast<float>(number);
}

float half(const unsigned char* at, bool swapped) {
  return half_to_float(static_cast<std::uint16_t>(swapped ? at[0] << 8 | at[1] : at[1] << 8 | at[0]));
}

float boolean(const unsigned char* at, bool) { return *at != 0 ? 1.0F : 0.0F; }

using Convert = float (*)(const unsigned char*, bool);

Convert converter(const Header& header) {
  const std::size_t bytes = header.bytes;
  if (header.kind == 'f') return bytes == 2 ? half : bytes == 4 ? one<float> : one<double>;
  if (header.kind == 'b') return boolean;
  if (header.kind == 'i') {
    return bytes == 1   ? one<std::int8_t>
           : bytes == 2 ? one<std::int16_t>
           : bytes == 4 ? one<std::int32_t>
                        : one<std::int64_t>;
  }
  return bytes == 1   ? one<std::uint8_t>
         : bytes == 2 ? one<std::uint16_t>
         : bytes == 4 ? one<std::uint32_t>
                      : one<std::uint64_t>;
}

void fill(Tensor& tensor, const Header& header, const unsigned char* data) {
  if (header.kind == 'f' && header.bytes == 4 && !header.big_endian) {
    if (!tensor.empty()) std::memcpy(tensor.data(), data, static_cast<std::size_t>(tensor.size()) * 4);
    return;
  }
  const Convert convert = converter(header);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    tensor[i] = convert(data + static_cast<std::size_t>(i) * header.bytes, header.big_endian);
  }
}

// Fortran order is C order of the axes turned round.
Tensor turned_round(const Header& header, const unsigned char* data) {
  Tensor tensor(Shape(header.shape.rbegin(), header.shape.rend()));
  fill(tensor, header, data);
  std::vector<int> order;
  for (std::size_t axis = header.shape.size(); axis-- > 0;) order.push_back(static_cast<int>(axis));
  return tensor.permuted(order);
}

// Axes of no extent count as one at first, so that what stands beside them is bounded too.
std::size_t bytes_called_for(const Header& header, const std::string& name) {
  std::size_t bytes = header.bytes;
  bool none = false;
  for (const std::int64_t extent : header.shape) {
    none = none || extent == 0;
    if (__builtin_mul_overflow(bytes, static_cast<std::size_t>(std::max<std::int64_t>(extent, 1)), &bytes)) {
      refuse(name, "its shape is too large");
    }
  }
  return none ? 0 : bytes;
}

std::string header_text(const Tensor& tensor) {
  std::string shape;
  for (const std::int64_t extent : tensor.shape())
    shape += (shape.empty() ? "" : ", ") + std::to_string(extent);
  if (tensor.shape().size() == 1) shape += ",";
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr std::size_t kFixed = 10;
  constexpr std::size_t kAlignment = 64;
  while ((kFixed + text.size() + 1) % kAlignment != 0) text += ' ';
  return text + '\n';
}

}  // namespace

Tensor parse_npy(std::span<const unsigned char> bytes, const std::string& name) {
  const auto at = [&](std::size_t i) { return static_cast<std::size_t>(bytes[i]); };
  if (bytes.size() < 10 || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    refuse(name, "it does not begin as one");
  }
  const std::size_t version = at(6);
  if (version < 1 || version > 3)
    refuse(name, "its version is " + std::to_string(version) + ", expected 1 to 3");
  const std::size_t begin = version == 1 ? 10 : 12;
  if (bytes.size() < begin) refuse(name, "it is cut short");
  const std::size_t length = at(8) | at(9) << 8 | (version == 1 ? 0 : at(10) << 16 | at(11) << 24);
  if (length > bytes.size() - begin) refuse(name, "it is cut short");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + begin, length);
  const Header header = HeaderReader(text, name).read();
  const std::size_t wanted = bytes_called_for(header, name);
  const std::size_t held = bytes.size() - begin - length;
  if (held != wanted) {
    refuse(name, "its shape " + to_string(header.shape) + " calls for " + std::to_string(wanted) +
                     " bytes of numbers, it holds " + std::to_string(held));
  }
  const unsigned char* data = bytes.data() + begin + length;
  if (header.fortran) return turned_round(header, data);
  Tensor tensor(header.shape);
  fill(tensor, header, data);
  return tensor;
}

Tensor read_npy(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) throw ModelError(path.string() + ": cannot be read: " + error.message());
  std::ifstream stream(path, std::ios::binary);
  std::vector<unsigned char> bytes(stream ? size : 0);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!stream) throw ModelError(path.string() + ": cannot be read");
  return parse_npy(bytes, path.string());
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  const std::string header = header_text(tensor);
  const char version_and_length[4] = {1, 0, static_cast<char>(header.size() & 255),
                                      static_cast<char>(header.size() >> 8)};
  AtomicFile file(path);
  file.write(kMagic);
  file.write(version_and_length, sizeof version_and_length);
  file.write(header);
  file.write(tensor.data(), static_cast<std::size_t>(tensor.size()) * sizeof(float));
  file.commit();
}

}  // namespace actionflow
