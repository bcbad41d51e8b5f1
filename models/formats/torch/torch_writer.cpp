#include "models/formats/torch/torch_writer.h"

#include <cstdint>
#include <limits>
#include <string_view>

#include "models/formats/torch/pickle_opcodes.h"
#include "models/formats/zip/zip_writer.h"

namespace actionflow::torch {
namespace {

// Each value is written out, without references to earlier ones.
class PickleWriter {
 public:
  PickleWriter() {
    opcode(Opcode::proto);
    text_ += '\x02';
  }

  PickleWriter& opcode(Opcode code) {
    text_ += static_cast<char>(code);
    return *this;
  }
  PickleWriter& global(std::string_view module, std::string_view name) {
    opcode(Opcode::global);
    text_.append(module).append("\n").append(name).append("\n");
    return *this;
  }
  PickleWriter& string(std::string_view text) {
    opcode(Opcode::binunicode).number(static_cast<std::uint32_t>(text.size()));
    text_ += text;
    return *this;
  }
  PickleWriter& integer(std::int64_t value) {
    if (value >= std::numeric_limits<std::int32_t>::min() &&
        value <= std::numeric_limits<std::int32_t>::max())
      return opcode(Opcode::binint).number(static_cast<std::int32_t>(value));
    opcode(Opcode::long1);
    text_ += static_cast<char>(sizeof(value));
    return number(value);
  }
  PickleWriter& tuple(const Shape& numbers) {
    opcode(Opcode::mark);
    for (const std::int64_t one : numbers) integer(one);
    return opcode(Opcode::tuple);
  }
  PickleWriter& ordered_dict() {
    return global("collections", "OrderedDict").opcode(Opcode::empty_tuple).opcode(Opcode::reduce);
  }
  std::string done() {
    opcode(Opcode::stop);
    return std::move(text_);
  }

 private:
  template <class T>
  PickleWriter& number(T value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  std::string text_;
};

Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)
void write_tensor(PickleWriter& writer, const Tensor& tensor, const std::string& key) {
  writer.global("torch._utils", "_rebuild_tensor_v2").opcode(Opcode::mark).opcode(Opcode::mark);
  writer.string("storage").global("torch", "FloatStorage").string(key).string("cpu").integer(tensor.size());
  writer.opcode(Opcode::tuple).opcode(Opcode::binpersid).integer(0);
  writer.tuple(tensor.shape()).tuple(row_major_strides(tensor.shape()));
  writer.opcode(Opcode::new_false).ordered_dict().opcode(Opcode::tuple).opcode(Opcode::reduce);
}

std::string_view tensor_bytes(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()), tensor.values().size_bytes()};
}

}  // namespace

void write_state_dict(const std::vector<std::pair<std::string, Tensor>>& tensors,
                      const std::filesystem::path& file) {
  PickleWriter writer;
  writer.ordered_dict().opcode(Opcode::mark);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    writer.string(tensors[i].first);
    write_tensor(writer, tensors[i].second, std::to_string(i));
  }
  const std::string pickle = writer.opcode(Opcode::setitems).done();
  std::vector<ZipEntry> entries{{"archive/data.pkl", pickle}, {"archive/byteorder", "little"}};
  for (std::size_t i = 0; i < tensors.size(); ++i)
    entries.push_back({"archive/data/" + std::to_string(i), tensor_bytes(tensors[i].second)});
  entries.push_back({"archive/version", "3\n"});
  write_zip(entries, file);
}

}  // namespace actionflow::torch
