// How each member type of a described struct is read, written and described. Included by config.h.
//
// Type<M> is the one place that knows a member type: read() from a Value, write() to one, schema().
// Everything that need not be a template stands in config_read.cpp.
#pragma once

#include <algorithm>
#include <concepts>
#include <limits>

#include "base/config/config.h"
#include "base/config/schema.h"

namespace actionflow::config {

// What a field asks of its value; of a list, of each item.
struct Limits {
  std::optional<double> low = {};
  std::optional<double> high = {};
  bool low_excluded = false;
  std::optional<std::size_t> least_items = {};
  std::optional<std::size_t> most_items = {};
};

// A value about to be read, under the name that messages give it ("hop", "kernel[1]").
struct Reading {
  const Value& value;
  std::string name;
  const Limits& limits;
  Diagnostics& diagnostics;
  // Keys that belong to somebody else: left alone.
  std::span<const std::string> beside = {};

  Reading item(std::size_t index) const {
    return {value.items()[index], name + "[" + std::to_string(index) + "]", limits, diagnostics};
  }
  std::string member(const std::string& key) const { return name.empty() ? key : name + "." + key; }
  std::string shown_name() const { return name.empty() ? "the value" : name; }
  // "hop is 'x', expected …"
  void refuse(const std::string& expected, std::string hint = {}) const;
};

namespace detail {

bool read_bool(const Reading& reading, bool& to);
bool read_integer(const Reading& reading, std::int64_t lowest, std::uint64_t highest, std::uint64_t& bits);
bool read_number(const Reading& reading, double& to);
bool read_string(const Reading& reading, std::string& to);
bool read_path(const Reading& reading, std::filesystem::path& to);
std::size_t read_word(const Reading& reading, const std::vector<std::string>& words);  // size(): none
bool expect_list(const Reading& reading, std::size_t least, std::size_t most);
bool expect_map(const Reading& reading);
std::string shown(double number);
std::string shown(float number);
Schema with_limits(Schema schema, const Limits& limits);
void check_keys(const Reading& reading, const std::vector<std::string>& known);
void missing_key(const Reading& reading, const std::string& key, const std::string& help);

const Value* child(const Value* origin, std::string_view key);
const Value* child(const Value* origin, std::size_t index);
Value masked(Value value, const Value* origin);

}  // namespace detail

template <class T>
concept DescribesItself = requires(Fields<T>& fields) {
  T::describe(fields);
};

template <class T>
concept ChecksItself = requires(T& t, const Value& value, Diagnostics& diagnostics) {
  t.check(value, diagnostics);
};

template <class M>
struct Type;

template <>
struct Type<Value> {
  static bool read(const Reading& reading, Value& to) {
    to = reading.value;
    return true;
  }
  static Value write(const Value& value, const Value*) { return value; }
  static Schema schema(const Limits&) { return {}; }
};

template <>
struct Type<bool> {
  static bool read(const Reading& reading, bool& to) { return detail::read_bool(reading, to); }
  static Value write(bool value, const Value* origin) {
    return detail::masked(make_scalar(value ? "true" : "false"), origin);
  }
  static Schema schema(const Limits&) { return {.type = "boolean"}; }
};

template <std::integral M>
struct Type<M> {
  static bool read(const Reading& reading, M& to) {
    std::uint64_t bits = 0;
    if (!detail::read_integer(reading, static_cast<std::int64_t>(std::numeric_limits<M>::min()),
                              static_cast<std::uint64_t>(std::numeric_limits<M>::max()), bits)) {
      return false;
    }
    to = static_cast<M>(bits);
    return true;
  }
  static Value write(M value, const Value* origin) {
    return detail::masked(make_scalar(std::to_string(value)), origin);
  }
  static Schema schema(const Limits& limits) {
    Schema schema{.type = "integer"};
    if (std::is_unsigned_v<M>) schema.minimum = 0;
    return detail::with_limits(std::move(schema), limits);
  }
};

template <std::floating_point M>
struct Type<M> {
  static bool read(const Reading& reading, M& to) {
    double number = 0;
    if (!detail::read_number(reading, number)) return false;
    if (std::abs(number) > static_cast<double>(std::numeric_limits<M>::max())) {
      reading.refuse("a smaller number");
      return false;
    }
    to = static_cast<M>(number);
    return true;
  }
  static Value write(M value, const Value* origin) {
    return detail::masked(make_scalar(detail::shown(value)), origin);
  }
  static Schema schema(const Limits& limits) { return detail::with_limits({.type = "number"}, limits); }
};

template <>
struct Type<std::string> {
  static bool read(const Reading& reading, std::string& to) { return detail::read_string(reading, to); }
  static Value write(const std::string& value, const Value* origin) {
    return detail::masked(make_scalar(value, true), origin);
  }
  static Schema schema(const Limits&) { return {.type = "string"}; }
};

template <>
struct Type<std::filesystem::path> {
  static bool read(const Reading& reading, std::filesystem::path& to) {
    return detail::read_path(reading, to);
  }
  static Value write(const std::filesystem::path& value, const Value* origin) {
    return detail::masked(make_scalar(value.string(), true), origin);
  }
  static Schema schema(const Limits&) { return {.type = "string"}; }
};

template <class M>
requires std::is_enum_v<M>
struct Type<M> {
  static std::vector<std::string> words() {
    std::vector<std::string> words;
    words.reserve(EnumNames<M>::names.size());
    for (const auto& [value, name] : EnumNames<M>::names) words.emplace_back(name);
    return words;
  }
  static bool read(const Reading& reading, M& to) {
    const std::size_t index = detail::read_word(reading, words());
    if (index >= EnumNames<M>::names.size()) return false;
    to = EnumNames<M>::names[index].first;
    return true;
  }
  static Value write(M value, const Value* origin) {
    for (const auto& [known, name] : EnumNames<M>::names) {
      if (known == value) return detail::masked(make_scalar(std::string(name)), origin);
    }
    return {};
  }
  static Schema schema(const Limits&) { return {.type = "string", .words = words()}; }
};

template <class M>
struct Type<std::optional<M>> {
  static bool read(const Reading& reading, std::optional<M>& to) {
    if (reading.value.is_null()) {
      to.reset();
      return true;
    }
    M member{};
    if (!Type<M>::read(reading, member)) return false;
    to = std::move(member);
    return true;
  }
  static Value write(const std::optional<M>& value, const Value* origin) {
    return value ? Type<M>::write(*value, origin) : detail::masked({}, origin);
  }
  static Schema schema(const Limits& limits) {
    Schema schema = Type<M>::schema(limits);
    schema.null_too = true;
    return schema;
  }
};

template <class M>
struct Type<std::vector<M>> {
  static bool read(const Reading& reading, std::vector<M>& to) {
    const Limits& limits = reading.limits;
    const std::size_t least = limits.least_items.value_or(0);
    const std::size_t most = limits.most_items.value_or(std::numeric_limits<std::size_t>::max());
    std::vector<M> list;
    bool good = true;
    if (reading.value.is_scalar() && least <= 1) {
      good = Type<M>::read(reading, list.emplace_back());
    } else if (!detail::expect_list(reading, least, most)) {
      return false;
    } else {
      list.resize(reading.value.items().size());
      for (std::size_t i = 0; i < list.size(); ++i) {
        M item{};
        if (Type<M>::read(reading.item(i), item)) {
          list[i] = std::move(item);
        } else {
          good = false;
        }
      }
    }
    if (good) to = std::move(list);
    return good;
  }
  static Value write(const std::vector<M>& value, const Value* origin) {
    std::vector<Value> items;
    for (std::size_t i = 0; i < value.size(); ++i) {
      items.push_back(Type<M>::write(value[i], detail::child(origin, i)));
    }
    return make_list(std::move(items));
  }
  static Schema schema(const Limits& limits) {
    Schema schema{.type = "array", .least_items = limits.least_items, .most_items = limits.most_items};
    schema.items.push_back(Type<M>::schema(limits));
    schema.scalar_too = limits.least_items.value_or(0) <= 1;
    return schema;
  }
};

template <class M, std::size_t n>
struct Type<std::array<M, n>> {
  static bool read(const Reading& reading, std::array<M, n>& to) {
    std::array<M, n> list = to;
    bool good = true;
    if (reading.value.is_scalar()) {
      good = Type<M>::read(reading, list[0]);
      list.fill(list[0]);
    } else if (!detail::expect_list(reading, n, n)) {
      return false;
    } else {
      for (std::size_t i = 0; i < n; ++i) good = Type<M>::read(reading.item(i), list[i]) && good;
    }
    if (good) to = list;
    return good;
  }
  static Value write(const std::array<M, n>& value, const Value* origin) {
    std::vector<Value> items;
    for (std::size_t i = 0; i < n; ++i) {
      items.push_back(
          Type<M>::write(value[i], origin && origin->is_scalar() ? origin : detail::child(origin, i)));
    }
    return make_list(std::move(items));
  }
  static Schema schema(const Limits& limits) {
    Schema schema{.type = "array", .least_items = n, .most_items = n, .scalar_too = true};
    schema.items.push_back(Type<M>::schema(limits));
    return schema;
  }
};

template <class M>
struct Type<std::map<std::string, M>> {
  static bool read(const Reading& reading, std::map<std::string, M>& to) {
    if (!detail::expect_map(reading)) return false;
    std::map<std::string, M> map;
    bool good = true;
    for (const Value::Entry& entry : reading.value.entries()) {
      if (std::find(reading.beside.begin(), reading.beside.end(), entry.key) != reading.beside.end())
        continue;
      M member{};
      good = Type<M>::read({entry.value, reading.member(entry.key), reading.limits, reading.diagnostics},
                           member) &&
             good;
      map.emplace(entry.key, std::move(member));
    }
    to = std::move(map);
    return good;
  }
  static Value write(const std::map<std::string, M>& value, const Value* origin) {
    std::vector<Value::Entry> entries;
    entries.reserve(value.size());
    for (const auto& [key, member] : value) {
      entries.push_back({key, {}, Type<M>::write(member, detail::child(origin, key))});
    }
    return make_map(std::move(entries));
  }
  static Schema schema(const Limits& limits) {
    Schema schema{.type = "object"};
    schema.values.push_back(Type<M>::schema(limits));
    return schema;
  }
};

// What stands about one key beside its member.
class Field {
 public:
  Field(std::string key, std::string help) : key_(std::move(key)), help_(std::move(help)) {}

  // Of a list, each item.
  Field& range(double low, double high) { return at_least(low).at_most(high); }
  Field& at_least(double low) {
    limits_.low = low;
    return *this;
  }
  Field& at_most(double high) {
    limits_.high = high;
    return *this;
  }
  Field& more_than(double low) {
    limits_.low = low;
    limits_.low_excluded = true;
    return *this;
  }
  Field& items(std::size_t least, std::size_t most) {
    limits_.least_items = least;
    limits_.most_items = most;
    return *this;
  }
  // A missing key is an error.
  Field& required() {
    required_ = true;
    return *this;
  }

  const std::string& key() const { return key_; }
  const std::string& help() const { return help_; }
  const Limits& limits() const { return limits_; }
  bool is_required() const { return required_; }

 private:
  std::string key_;
  std::string help_;
  Limits limits_;
  bool required_ = false;
};

template <class T>
class Fields {
 public:
  template <class C, class M>
  requires std::derived_from<T, C> Field& add(std::string key, M C::*member, std::string help) {
    auto bound = std::make_unique<BoundTo<C, M>>(std::move(key), std::move(help), member);
    Field& field = bound->field;
    list_.push_back(std::move(bound));
    return field;
  }

  bool read(const Reading& reading, T& to) const {
    bool good = true;
    for (const auto& bound : list_) {
      const Field& field = bound->field;
      if (const Value* value = reading.value.find(field.key())) {
        good = bound->read({*value, field.key(), field.limits(), reading.diagnostics}, to) && good;
      } else if (field.is_required()) {
        detail::missing_key(reading, field.key(), field.help());
        good = false;
      }
    }
    return good;
  }

  Value write(const T& from, const Value* origin) const {
    std::vector<Value::Entry> entries;
    for (const auto& bound : list_) {
      const std::string& key = bound->field.key();
      entries.push_back({key, {}, bound->write(from, detail::child(origin, key))});
    }
    return make_map(std::move(entries));
  }

  Schema schema() const {
    Schema schema{.type = "object", .closed = true};
    const T presets{};
    for (const auto& bound : list_) {
      const Field& field = bound->field;
      Schema of_field = bound->schema();
      of_field.description = field.help();
      if (field.is_required()) {
        schema.required.push_back(field.key());
      } else {
        of_field.preset = bound->write(presets, nullptr);
      }
      schema.properties.emplace_back(field.key(), std::move(of_field));
    }
    return schema;
  }

  std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    for (const auto& bound : list_) keys.push_back(bound->field.key());
    return keys;
  }

 private:
  struct Bound {
    Bound(std::string key, std::string help) : field(std::move(key), std::move(help)) {}
    virtual ~Bound() = default;
    virtual bool read(const Reading& reading, T& to) const = 0;
    virtual Value write(const T& from, const Value* origin) const = 0;
    virtual Schema schema() const = 0;
    Field field;
  };

  template <class C, class M>
  struct BoundTo final : Bound {
    BoundTo(std::string key, std::string help, M C::*to_member)
        : Bound(std::move(key), std::move(help)), member(to_member) {}
    bool read(const Reading& reading, T& to) const override { return Type<M>::read(reading, to.*member); }
    Value write(const T& from, const Value* origin) const override {
      return Type<M>::write(from.*member, origin);
    }
    Schema schema() const override { return Type<M>::schema(this->field.limits()); }
    M C::*member;
  };

  std::vector<std::unique_ptr<Bound>> list_;
};

template <DescribesItself T>
struct Type<T> {
  static Fields<T> fields() {
    Fields<T> fields;
    T::describe(fields);
    return fields;
  }
  static bool read(const Reading& reading, T& to) {
    if (!detail::expect_map(reading)) return false;
    const Fields<T> known = fields();
    const std::size_t errors = reading.diagnostics.size();
    detail::check_keys(reading, known.keys());
    known.read(reading, to);
    if constexpr (ChecksItself<T>) {
      if (reading.diagnostics.size() == errors) to.check(reading.value, reading.diagnostics);
    }
    return reading.diagnostics.size() == errors;
  }
  static Value write(const T& value, const Value* origin) { return fields().write(value, origin); }
  static Schema schema(const Limits&) { return fields().schema(); }
};

template <class T>
T read(const Value& value, Diagnostics& diagnostics, std::span<const std::string> beside) {
  T result{};
  const Limits none;
  Type<T>::read({value, {}, none, diagnostics, beside}, result);
  return result;
}

template <class T>
T read(const Value& value, Diagnostics& diagnostics) {
  return read<T>(value, diagnostics, {});
}

template <class T>
Value to_value(const T& value) {
  return Type<T>::write(value, nullptr);
}

template <class T>
std::string print(const T& value, int indent) {
  return print(to_value(value), indent);
}

template <class T>
std::string print(const T& value, const Value& origin, int indent) {
  return print(Type<T>::write(value, &origin), indent);
}

template <class T>
Schema schema_of() {
  const Limits none;
  return Type<T>::schema(none);
}

template <class T>
std::string json_schema() {
  return to_json(schema_of<T>());
}

template <class T>
std::string help() {
  return help(schema_of<T>());
}

}  // namespace actionflow::config
