#include "models/formats/torch/pickle.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "models/formats/torch/pickle_opcodes.h"

namespace actionflow::torch {
namespace {

constexpr std::size_t kMostPickleBytes = std::size_t{1} << 26U;  // a state dict takes some 200 a tensor
constexpr std::size_t kMostArguments = 16, kMostAxes = 64;
// Of a pickle of n bytes, n / 4 and a few: so memory follows the pickle's length.
constexpr std::size_t kBytesOfAContainer = 4, kContainersFree = 1000;

constexpr std::array<std::pair<std::string_view, ElementType>, 10> kStorageTypes{
    {{"torch.FloatStorage", ElementType::f32},
     {"torch.DoubleStorage", ElementType::f64},
     {"torch.HalfStorage", ElementType::f16},
     {"torch.BFloat16Storage", ElementType::bf16},
     {"torch.LongStorage", ElementType::i64},
     {"torch.IntStorage", ElementType::i32},
     {"torch.ShortStorage", ElementType::i16},
     {"torch.CharStorage", ElementType::i8},
     {"torch.ByteStorage", ElementType::u8},
     {"torch.BoolStorage", ElementType::boolean}}};

std::optional<ElementType> storage_type(std::string_view global) {
  for (const auto& [name, type] : kStorageTypes) {
    if (name == global) return type;
  }
  return {};
}

// Element types stand in checkpoints as plain values.
constexpr std::array<std::string_view, 12> kElementTypes{
    "torch.float32", "torch.float64", "torch.float16", "torch.bfloat16", "torch.int64", "torch.int32",
    "torch.int16",   "torch.int8",    "torch.uint8",   "torch.bool",     "torch.float", "torch.long"};

constexpr std::string_view kOrderedDict = "collections.OrderedDict", kSize = "torch.Size",
                           kRebuildTensor = "torch._utils._rebuild_tensor",
                           kRebuildTensor2 = "torch._utils._rebuild_tensor_v2",
                           kRebuildParameter = "torch._utils._rebuild_parameter";

bool is_known_global(std::string_view name) {
  if (storage_type(name)) return true;
  for (const std::string_view type : kElementTypes) {
    if (name == type) return true;
  }
  for (const std::string_view callable :
       {kOrderedDict, kSize, kRebuildTensor, kRebuildTensor2, kRebuildParameter}) {
    if (name == callable) return true;
  }
  return false;
}

class Unpickler {
 public:
  Unpickler(std::string_view bytes, const std::string& file)
      : bytes_(bytes.substr(0, kMostPickleBytes)), file_(file) {
    result_.sequences.resize(kEmptyTuple + 1);
  }

  Pickle run() {
    while (true) {
      const auto opcode = static_cast<Opcode>(byte());
      if (opcode == Opcode::stop) break;
      step(opcode);
    }
    result_.value = pop();
    result_.bytes = at_;
    return std::move(result_);
  }

 private:
  using Kind = PickleKind;
  using Values = std::vector<PickleValue>;

  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(fmt::format("{}: pickle, byte {}: {}", file_, at_, what));
  }

  [[noreturn]] void fail_at_end() const {
    fail(bytes_.size() == kMostPickleBytes ? fmt::format("longer than {} bytes", kMostPickleBytes)
                                           : "ends too early (cut short?)");
  }

  // ---- bytes ----

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail_at_end();
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1).front()); }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) fail_at_end();
    const std::string_view text = take(end - at_);
    at_ = end + 1;
    return text;
  }

  // ---- values ----

  static PickleValue integer(std::int64_t value) {
    PickleValue made;
    made.kind = Kind::integer;
    made.integer = value;
    return made;
  }
  static PickleValue at_index(Kind kind, std::size_t index) {
    PickleValue made;
    made.kind = kind;
    made.index = index;
    return made;
  }
  PickleValue string(std::string_view text) {
    result_.strings.push_back(text);
    return at_index(Kind::string, result_.strings.size() - 1);
  }
  void count_container() const {
    const std::size_t made = result_.sequences.size() + result_.dicts.size();
    if (made > kContainersFree + bytes_.size() / kBytesOfAContainer)
      fail("more lists and dicts than it has room for");
  }
  PickleValue sequence(Kind kind, Values values) {
    count_container();
    result_.sequences.push_back(std::move(values));
    return at_index(kind, result_.sequences.size() - 1);
  }
  PickleValue dict() {
    count_container();
    result_.dicts.emplace_back();
    return at_index(Kind::dict, result_.dicts.size() - 1);
  }

  void push(PickleValue value) { stack_.push_back(value); }
  PickleValue pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back()))
      fail("takes a value that is not there");
    const PickleValue value = stack_.back();
    stack_.pop_back();
    return value;
  }
  const PickleValue& top() const {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back()))
      fail("takes a value that is not there");
    return stack_.back();
  }
  Values pop(std::size_t count) {
    Values values(count);
    for (std::size_t i = count; i-- > 0;) values[i] = pop();
    return values;
  }
  Values pop_to_mark() {
    if (marks_.empty()) fail("takes values up to a mark that is not there");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    Values values(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return values;
  }

  // ---- instructions ----

  void step(Opcode opcode) {
    switch (opcode) {
      case Opcode::proto:
        return check_protocol(byte());
      case Opcode::mark:
        return marks_.push_back(stack_.size());
      case Opcode::none:
        return push({});
      case Opcode::new_true:
      case Opcode::new_false:
        return push(at_index(Kind::boolean, opcode == Opcode::new_true ? 1 : 0));
      case Opcode::binint:
        return push(integer(number<std::int32_t>()));
      case Opcode::binint1:
        return push(integer(byte()));
      case Opcode::binint2:
        return push(integer(number<std::uint16_t>()));
      case Opcode::long1:
        return push_long(byte());
      case Opcode::binfloat:
        return push_real();
      case Opcode::binunicode:
      case Opcode::binstring:
        return push(string(take(number<std::uint32_t>())));
      case Opcode::binunicode8:
        return push(string(take(number<std::uint64_t>())));
      case Opcode::short_binunicode:
      case Opcode::short_binstring:
        return push(string(take(byte())));
      case Opcode::empty_list:
        return push(sequence(Kind::list, {}));
      case Opcode::empty_tuple:
        return push(at_index(Kind::tuple, kEmptyTuple));
      case Opcode::empty_dict:
        return push(dict());
      case Opcode::tuple:
        return push(sequence(Kind::tuple, pop_to_mark()));
      case Opcode::tuple1:
        return push(sequence(Kind::tuple, pop(1)));
      case Opcode::tuple2:
        return push(sequence(Kind::tuple, pop(2)));
      case Opcode::tuple3:
        return push(sequence(Kind::tuple, pop(3)));
      case Opcode::append:
        return append(pop(1));
      case Opcode::appends:
        return append(pop_to_mark());
      case Opcode::setitem:
        return set_items(pop(2));
      case Opcode::setitems:
        return set_items(pop_to_mark());
      case Opcode::binput:
        return remember(byte());
      case Opcode::long_binput:
        return remember(number<std::uint32_t>());
      case Opcode::binget:
        return recall(byte());
      case Opcode::long_binget:
        return recall(number<std::uint32_t>());
      case Opcode::global:
        return push_global_by_lines();
      case Opcode::stack_global:
        return push_global_by_strings();
      case Opcode::memoize:
        return remember(static_cast<std::uint32_t>(memo_.size()));
      case Opcode::frame:
        return check_frame(number<std::uint64_t>());
      case Opcode::binpersid:
        return push(storage(pop()));
      case Opcode::reduce:
        return reduce();
      case Opcode::build:
        return build();
      default:
        fail(fmt::format(
            "instruction {} is none that a state dict needs; in Python, save the state dict alone: "
            "torch.save(model.state_dict(), …)",
            opcode_name(opcode)));
    }
  }

  void check_protocol(int protocol) const {
    if (protocol < 2 || protocol > 5) fail(fmt::format("protocol {}, expected 2 to 5", protocol));
  }
  // How much a reader may fetch at once.
  void check_frame(std::uint64_t bytes) const {
    if (bytes > bytes_.size() - at_) fail_at_end();
  }

  void push_long(std::size_t bytes) {
    const std::string_view digits = take(bytes);
    if (digits.size() > sizeof(std::int64_t)) {
      if (digits.size() > kMostLongBytes) fail(fmt::format("an integer of {} bytes", digits.size()));
      return push(string(digits));  // the magic number of PyTorch's older files is one
    }
    std::uint64_t value = 0;
    std::memcpy(&value, digits.data(), digits.size());
    const bool negative = !digits.empty() && (static_cast<unsigned char>(digits.back()) & 0x80U) != 0;
    if (negative && digits.size() < sizeof(value)) value |= ~std::uint64_t{0} << (8 * digits.size());
    push(integer(static_cast<std::int64_t>(value)));
  }

  void push_real() {
    const auto big_endian = number<std::uint64_t>();
    PickleValue made;
    made.kind = Kind::real;
    made.real = std::bit_cast<double>(__builtin_bswap64(big_endian));
    push(made);
  }

  void append(const Values& values) {
    if (top().kind != Kind::list) fail("appends to what is no list");
    Values& list = result_.sequences[top().index];
    list.insert(list.end(), values.begin(), values.end());
  }

  void set_items(const Values& values) {
    if (top().kind != Kind::dict || values.size() % 2 != 0) fail("sets items of what is no dict");
    auto& items = result_.dicts[top().index];
    for (std::size_t i = 0; i < values.size(); i += 2) items.emplace_back(values[i], values[i + 1]);
  }

  void remember(std::uint32_t key) { memo_[key] = top(); }
  void recall(std::uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail(fmt::format("takes value {}, which was never kept", key));
    push(found->second);
  }

  void push_global_by_lines() {
    const std::string_view module = line();
    push_global(module, line());
  }
  void push_global_by_strings() {
    const PickleValue name = pop(), module = pop();
    if (name.kind != Kind::string || module.kind != Kind::string) fail("a global whose name is no string");
    push_global(result_.string(module), result_.string(name));
  }

  void push_global(std::string_view module, std::string_view called) {
    constexpr std::size_t kLongest = 200;
    const std::string name = fmt::format("{}.{}", module.substr(0, kLongest), called.substr(0, kLongest));
    if (!is_known_global(name)) {
      fail(fmt::format(
          "'{}' would have to be run, which is not done: it is more than a state dict; in Python, save "
          "the state dict alone: torch.save(model.state_dict(), …)",
          name));
    }
    result_.globals.push_back(name);
    push(at_index(Kind::global, result_.globals.size() - 1));
  }

  // ('storage', type, key, where it was, elements), and in older files a view: (key, first element,
  // elements).
  PickleValue storage(const PickleValue& id) {
    if (id.kind != Kind::tuple) fail("a persistent id that is no tuple");
    const Values& parts = result_.sequences[id.index];
    if (parts.size() < 5 || parts.size() > 6 || parts[0].kind != Kind::string ||
        result_.string(parts[0]) != "storage" || parts[1].kind != Kind::global ||
        parts[2].kind != Kind::string || parts[4].kind != Kind::integer)
      fail("a persistent id that is no storage of PyTorch's");
    const std::optional<ElementType> type = storage_type(result_.globals[parts[1].index]);
    if (!type) fail(fmt::format("'{}' is no storage", result_.globals[parts[1].index]));
    PickleStorage made{.type = *type, .key = result_.string(parts[2]), .elements = parts[4].integer};
    if (parts.size() == 6 && parts[5].kind != Kind::none) take_view(parts[5], made);
    result_.storages.push_back(made);
    return at_index(Kind::storage, result_.storages.size() - 1);
  }

  void take_view(const PickleValue& view, PickleStorage& storage) const {
    if (view.kind != Kind::tuple) fail("a storage's view that is no tuple");
    const Values& parts = result_.sequences[view.index];
    if (parts.size() != 3 || parts[1].kind != Kind::integer || parts[2].kind != Kind::integer ||
        parts[1].integer < 0 || parts[2].integer < 0 || parts[1].integer > storage.elements ||
        parts[2].integer > storage.elements - parts[1].integer)
      fail("a storage's view that leaves the storage");
    storage.first = parts[1].integer;
  }

  void reduce() {
    const PickleValue arguments = pop(), callable = pop();
    if (callable.kind != Kind::global || arguments.kind != Kind::tuple) fail("calls what is no function");
    const std::string& name = result_.globals[callable.index];
    const Values values = elements_of(arguments, kMostArguments);
    if (name == kOrderedDict) return push(ordered_dict(values));
    if (name == kSize && values.size() == 1)
      return push(sequence(Kind::tuple, elements_of(values[0], kMostAxes)));
    if (name == kRebuildTensor || name == kRebuildTensor2) return push(tensor(values));
    if (name == kRebuildParameter && !values.empty() && values[0].kind == Kind::tensor)
      return push(values[0]);
    fail(fmt::format("'{}' is called with other arguments than PyTorch's", name));
  }

  // A copy: the list may be changed later. Short, since one list may be named often.
  Values elements_of(const PickleValue& value, std::size_t most) const {
    if (value.kind != Kind::list && value.kind != Kind::tuple) fail("expected a list or tuple");
    const Values& elements = result_.sequences[value.index];
    if (elements.size() > most) fail(fmt::format("{} elements, expected at most {}", elements.size(), most));
    return elements;
  }

  PickleValue ordered_dict(const Values& arguments) {
    const PickleValue made = dict();
    if (arguments.empty()) return made;
    if (arguments.size() != 1) fail("an OrderedDict of more than one list");
    if (arguments[0].kind != Kind::list) fail("an OrderedDict of what is no list");
    const std::size_t pairs = result_.sequences[arguments[0].index].size();
    if ((pairs_ += pairs) > bytes_.size())
      fail("more pairs than it has room for");  // one list may be given often
    for (const PickleValue& pair : result_.sequences[arguments[0].index]) {
      const Values item = elements_of(pair, 2);
      if (item.size() != 2) fail("an OrderedDict's item that is no pair");
      result_.dicts[made.index].emplace_back(item[0], item[1]);
    }
    return made;
  }

  Shape integers(const PickleValue& value) const {
    Shape numbers;
    for (const PickleValue& one : elements_of(value, kMostAxes)) {
      if (one.kind != Kind::integer) fail("a tensor's extent or stride that is no number");
      numbers.push_back(one.integer);
    }
    return numbers;
  }

  PickleValue tensor(const Values& arguments) {
    if (arguments.size() < 4 || arguments[0].kind != Kind::storage || arguments[1].kind != Kind::integer)
      fail("a tensor that is made otherwise than PyTorch's");
    PickleTensor made{.storage = arguments[0].index,
                      .offset = arguments[1].integer,
                      .shape = integers(arguments[2]),
                      .strides = integers(arguments[3])};
    if (made.shape.size() != made.strides.size()) fail("a tensor with more extents than strides");
    result_.tensors.push_back(std::move(made));
    return at_index(Kind::tensor, result_.tensors.size() - 1);
  }

  // A state dict's `_metadata`, an attribute of the dict, says nothing of the tensors.
  void build() {
    pop();
    if (top().kind != Kind::dict) fail("sets attributes of what is no dict");
  }

  static constexpr std::size_t kMostLongBytes = 64, kEmptyTuple = 0;

  std::string_view bytes_;
  const std::string& file_;
  std::size_t at_ = 0, pairs_ = 0;
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, PickleValue> memo_;
  Pickle result_;
};

}  // namespace

Pickle read_pickle(std::string_view bytes, const std::string& file) { return Unpickler(bytes, file).run(); }

}  // namespace actionflow::torch
