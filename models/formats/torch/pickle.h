// Python's pickles, as far as PyTorch's state dicts need them.
//
// A pickle is a program. This reader runs the few instructions that build dicts, lists, tuples, numbers,
// strings and tensors, and refuses every other instruction, and every global that is not PyTorch's own for
// these, by name. It calls nothing. Time and memory are in proportion to the pickle's length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/formats/stored/stored_tensor.h"

namespace actionflow::torch {

enum class PickleKind : std::uint8_t {
  none,
  boolean,
  integer,
  real,
  string,
  list,
  tuple,
  dict,
  global,
  storage,
  tensor
};

// A value of a pickle: containers, strings, storages and tensors stand in the Pickle at `index`.
struct PickleValue {
  PickleKind kind = PickleKind::none;
  union {
    std::int64_t integer = 0;
    double real;
    std::size_t index;
  };
};

// Bytes that tensors are views of, told by PyTorch's persistent ids.
struct PickleStorage {
  ElementType type = ElementType::f32;
  std::string_view key;
  std::int64_t elements = 0;
  std::int64_t first = 0;  // of older files: elements before it in the storage called `key`
};

struct PickleTensor {
  std::size_t storage = 0;
  std::int64_t offset = 0;  // in elements
  Shape shape, strides;
};

struct Pickle {
  PickleValue value;
  std::size_t bytes = 0;  // its length
  std::vector<std::string_view> strings;
  std::vector<std::string> globals;                 // "torch.float32"
  std::vector<std::vector<PickleValue>> sequences;  // lists and tuples
  std::vector<std::vector<std::pair<PickleValue, PickleValue>>> dicts;
  std::vector<PickleStorage> storages;
  std::vector<PickleTensor> tensors;

  std::string_view string(const PickleValue& of) const { return strings[of.index]; }
};

// The pickle that `bytes` begin with; it refers into them. Throws ModelError; `file` is named in messages.
Pickle read_pickle(std::string_view bytes, const std::string& file);

}  // namespace actionflow::torch
