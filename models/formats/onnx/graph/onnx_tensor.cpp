#include "models/formats/onnx/graph/onnx_tensor.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <map>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "models/formats/onnx/graph/onnx_graph.h"
#include "models/formats/stored/stored_tensor.h"

namespace actionflow::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "raw data is read as it stands");

using Proto = ::onnx::TensorProto;

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw ModelError(fmt::format("{}: {}", where, message));
}

// ---- where the bytes are ----

std::uint64_t read_number(const std::string& text, const std::string& key, const std::string& where) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
    fail(where, fmt::format("its external data's {} is '{}', expected a number", key, shown(text)));
  return number;
}

std::filesystem::path external_file(const std::string& location, const std::filesystem::path& model_file,
                                    const std::string& where) {
  const std::filesystem::path relative(location);
  const std::string refused = fmt::format(
      "its data lies in '{}'; only files in the model's own folder or below it are read", shown(location));
  if (location.empty() || location.find('\0') != location.npos || relative.is_absolute())
    fail(where, refused);
  for (const auto& part : relative) {
    if (part == "..") fail(where, refused);
  }
  std::error_code error;
  const auto folder = std::filesystem::canonical(std::filesystem::absolute(model_file).parent_path(), error);
  if (error) fail(where, fmt::format("its folder cannot be read: {}", error.message()));
  const auto file = std::filesystem::canonical(folder / relative, error);
  if (error)
    fail(where,
         fmt::format("its data lies in '{}', which cannot be read: {}", shown(location), error.message()));
  const auto below = file.lexically_relative(folder);
  if (below.empty() || *below.begin() == "..") fail(where, refused);
  if (!std::filesystem::is_regular_file(file, error)) fail(where, refused);
  return file;
}

std::string read_external(const Proto& tensor, std::uint64_t bytes, const std::filesystem::path& model_file,
                          const std::string& where) {
  std::map<std::string, std::string> entries;
  for (const auto& entry : tensor.external_data()) entries[entry.key()] = entry.value();
  const std::filesystem::path file = external_file(entries["location"], model_file, where);
  const std::uint64_t size = std::filesystem::file_size(file);
  const std::uint64_t offset =
      entries.contains("offset") ? read_number(entries["offset"], "offset", where) : 0;
  const std::uint64_t length = entries.contains("length") ? read_number(entries["length"], "length", where)
                                                          : size - std::min(size, offset);
  if (offset > size || length > size - offset)
    fail(where, fmt::format("its data are {} bytes at {} of '{}', which has {}", length, offset,
                            file.filename().string(), size));
  if (length != bytes) fail(where, fmt::format("its data are {} bytes, expected {}", length, bytes));
  std::string data(length, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  if (!stream.read(data.data(), static_cast<std::streamsize>(length)))
    fail(where, fmt::format("'{}' cannot be read", file.filename().string()));
  return data;
}

// ---- what the bytes mean ----

template <class Stored>
Stored stored_at(std::string_view bytes, std::size_t i) {
  Stored value{};
  std::memcpy(&value, bytes.data() + i * sizeof(Stored), sizeof(Stored));
  return value;
}

template <ElementType type>
void take_reals(std::string_view bytes, std::size_t count, Array& array) {
  array.reals.resize(count);
  to_floats(type, bytes.data(), count, array.reals.data());
}

template <class Stored>
void take_integers(std::string_view bytes, std::size_t count, Array& array) {
  array.integers.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    array.integers[i] = static_cast<std::int64_t>(stored_at<Stored>(bytes, i));
}

struct Type {
  Array::Kind kind;
  std::size_t bytes;
  void (*take)(std::string_view bytes, std::size_t count, Array& array);
};

const Type* find_type(int type) {
  using enum Array::Kind;
  static const std::map<int, Type> types{
      {Proto::FLOAT, {real, 4, take_reals<ElementType::f32>}},
      {Proto::DOUBLE, {real, 8, take_reals<ElementType::f64>}},
      {Proto::FLOAT16, {real, 2, take_reals<ElementType::f16>}},
      {Proto::BFLOAT16, {real, 2, take_reals<ElementType::bf16>}},
      {Proto::INT8, {integer, 1, take_integers<std::int8_t>}},
      {Proto::UINT8, {integer, 1, take_integers<std::uint8_t>}},
      {Proto::INT16, {integer, 2, take_integers<std::int16_t>}},
      {Proto::UINT16, {integer, 2, take_integers<std::uint16_t>}},
      {Proto::INT32, {integer, 4, take_integers<std::int32_t>}},
      {Proto::UINT32, {integer, 4, take_integers<std::uint32_t>}},
      {Proto::INT64, {integer, 8, take_integers<std::int64_t>}},
      {Proto::UINT64, {integer, 8, take_integers<std::uint64_t>}},
      {Proto::BOOL, {boolean, 1, take_integers<std::uint8_t>}},
  };
  const auto found = types.find(type);
  return found == types.end() ? nullptr : &found->second;
}

// Typed data as raw bytes, which it then is read as. Half floats and small integers stand in int32s.
template <class Stored, class Field>
std::string pack(const Field& field) {
  std::string bytes(static_cast<std::size_t>(field.size()) * sizeof(Stored), '\0');
  for (int i = 0; i < field.size(); ++i) {
    const auto value = static_cast<Stored>(field.Get(i));
    std::memcpy(bytes.data() + static_cast<std::size_t>(i) * sizeof(Stored), &value, sizeof(Stored));
  }
  return bytes;
}

std::string typed_bytes(const Proto& tensor, std::size_t element) {
  switch (tensor.data_type()) {
    case Proto::FLOAT:
      return pack<float>(tensor.float_data());
    case Proto::DOUBLE:
      return pack<double>(tensor.double_data());
    case Proto::INT64:
      return pack<std::int64_t>(tensor.int64_data());
    case Proto::UINT64:
      return pack<std::uint64_t>(tensor.uint64_data());
    case Proto::UINT32:
      return pack<std::uint32_t>(tensor.uint64_data());
    default:
      break;
  }
  if (element == 1) return pack<std::uint8_t>(tensor.int32_data());
  if (element == 2) return pack<std::uint16_t>(tensor.int32_data());
  return pack<std::int32_t>(tensor.int32_data());
}

Shape read_shape(const Proto& tensor, std::uint64_t& elements, const std::string& where) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40U;
  constexpr int kMostAxes = 16;
  if (tensor.dims_size() > kMostAxes) fail(where, fmt::format("has {} axes", tensor.dims_size()));
  Shape shape(tensor.dims().begin(), tensor.dims().end());
  elements = 1;
  bool zero = false;
  for (const std::int64_t extent : shape) {
    if (extent < 0) fail(where, fmt::format("has an extent of {}", extent));
    zero = zero || extent == 0;
    if (extent > 0 && __builtin_mul_overflow(elements, static_cast<std::uint64_t>(extent), &elements))
      elements = kMost + 1;
    if (elements > kMost) fail(where, fmt::format("its shape {} is larger than a file", to_string(shape)));
  }
  if (zero) elements = 0;
  return shape;
}

}  // namespace

Array read_tensor(const Proto& tensor, const std::filesystem::path& model_file, const std::string& where) {
  const Type* type = find_type(tensor.data_type());
  if (type == nullptr) fail(where, fmt::format("its type {} is not read here", tensor.data_type()));
  if (tensor.has_segment()) fail(where, "is one segment of a tensor, which is not read here");
  Array array;
  array.kind = type->kind;
  std::uint64_t elements = 0;
  array.shape = read_shape(tensor, elements, where);
  const std::uint64_t bytes = elements * type->bytes;
  std::string own;
  std::string_view data = tensor.raw_data();
  if (tensor.data_location() == Proto::EXTERNAL) {
    own = read_external(tensor, bytes, model_file, where);
    data = own;
  } else if (!tensor.has_raw_data()) {
    own = typed_bytes(tensor, type->bytes);
    data = own;
  }
  if (data.size() != bytes)
    fail(where,
         fmt::format("holds {} bytes, expected {} for {}", data.size(), bytes, to_string(array.shape)));
  type->take(data, static_cast<std::size_t>(elements), array);
  return array;
}

}  // namespace actionflow::onnx
