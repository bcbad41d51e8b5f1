// YAML made to hurt is refused with one clear error, or read, with little work and memory.
#include <gmock/gmock.h>

#include <functional>

#include "base/random.h"
#include "tests/base/allocations.h"
#include "tests/base/config/config_test_structs.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kSize = 500 << 10;  // just under what a file may have
// What a file may have of values and signs (base/config/parse.cpp), times what each may cost: the worst below
// asks for 6 allocations and 440 bytes a value.
constexpr std::size_t kMostValues = 50'000;
constexpr std::size_t kMostAllocations = 10 * kMostValues;
constexpr std::size_t kMostBytes = 800 * kMostValues;

std::string repeated(const std::string& part, std::size_t bytes = kSize) {
  std::string text;
  while (text.size() + part.size() <= bytes) text += part;
  return text;
}

std::string lines(const std::function<std::string(int)>& line, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += line(i);
  return text;
}

// What reading says, "" when it is read; fails the test when it takes too much work or memory.
std::string read_within_bounds(const std::string& yaml, const std::string& name) {
  const Allocations allocations;
  std::string message;
  try {
    read_root(config::parse(yaml, "hostile.yaml"));
  } catch (const config::ConfigError& error) {
    message = error.what();
  }
  EXPECT_LT(allocations.count(), kMostAllocations) << name;
  EXPECT_LT(allocations.peak_bytes(), kMostBytes) << name;
  EXPECT_LT(message.size(), 50'000u) << name;
  return message;
}

std::string alias_bomb(int levels) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < levels; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
    for (int n = 0; n < 8; ++n) yaml += ", " + below;
    yaml += "]\n";
  }
  return yaml;
}

struct Hostile {
  std::string name;
  std::string yaml;
  std::string message;  // a part of the error
};

std::vector<Hostile> refused() {
  return {
      {"a list in itself", "&a [*a]", "a cycle"},
      {"a map in itself", "a: &a\n  b: {c: *a}", "a cycle"},
      {"an alias bomb", alias_bomb(9), "too many values"},
      {"many aliases of one large list",
       "a: &a [" + repeated("x, ", 2000) + "x]\nb:\n" + repeated("- *a\n", 10000), "too many values"},
      {"a chain of aliases that nests deeply",
       lines(
           [](int i) {
             const std::string n = std::to_string(i);
             return "a" + n + ": &a" + n + " [" + (i == 0 ? "x" : "*a" + std::to_string(i - 1)) + "]\n";
           },
           100),
       "nested too deeply"},
      {"open brackets", repeated("["), "too many of the signs"},
      {"a few open brackets", repeated("[", 40000), "is a bracket left open"},
      {"open braces", repeated("{a: ", 60000), "expected"},
      {"closed brackets", repeated("[", 1000) + repeated("]", 1000), "nested too deeply"},
      {"lists in block form", repeated("- "), "nested too deeply"},
      {"maps in block form",
       lines([](int i) { return std::string(static_cast<std::size_t>(i), ' ') + "a:\n"; }, 800),
       "nested too deeply"},
      {"question marks", repeated("? ", 60000), "expected"},
      {"colons", repeated(": ", 60000), "expected"},
      {"items in a line", "[" + repeated("1,"), "too many of the signs"},
      {"just fewer items in a line", "[" + repeated("1,", 90000) + "]", "expected"},
      {"keys in a line", "{" + repeated("a,", 90000) + "}", "stands twice"},
      {"items in lines", repeated("- 1\n"), "too many values"},
      {"different keys", lines([](int i) { return "k" + std::to_string(i) + ": 1\n"; }, 20000),
       "more errors"},
      {"a long key", std::string(kSize, 'x') + ": 1", "expected"},
      {"anchors", repeated("&a ", 120000), "cannot assign multiple anchors"},
      {"many anchored values", lines([](int i) { return "- &a" + std::to_string(i) + " x\n"; }, 30000),
       "expected a map"},
      {"exclamation marks", repeated("!", 40000), "not YAML"},
      {"stars", repeated("*", 40000), "expected"},
      {"quotes", repeated("'", 40001), "quote is not closed"},
      {"documents", repeated("---\n"), "second document"},
      {"directives", repeated("%YAML 1.2\n"), "repeated YAML directive"},
      {"tag directives", "%TAG ! tag:x,2000:\n---\na: !b c", "expected a value without a tag"},
      {"a tag that names code", "a: !!python/object/apply:os.system [x]", "without a tag"},
      {"a binary tag", "a: !!binary aGk=", "without a tag"},
      {"a NUL", std::string("a: \0b", 5), "control character 0"},
      {"the end that yaml-cpp believes in", "title: a\n\x04seed: 2", "control character 4"},
      {"an escape sequence of the terminal", "title: \x1b[2J", "control character 27"},
      {"UTF-16",
       std::string("\xFF\xFE"
                   "a\0:\0",
                   6),
       "not UTF-8"},
      {"an overlong slash", "title: \xC0\xAF", "not UTF-8"},
      {"a surrogate", "title: \xED\xA0\x80", "not UTF-8"},
      {"beyond Unicode", "title: \xF4\x90\x80\x80", "not UTF-8"},
      {"a cut character", "title: \xE2\x82", "not UTF-8"},
      {"a merge key", "base: &b {a: 1}\nform: {<<: *b}", "merge keys"},
      {"not a number", "weight: .nan", "expected a finite number"},
      {"infinity", "mean: [-.inf]", "expected a finite number"},
      {"a large file", repeated("#", 600 << 10), "larger than 512 KiB"},
      {"a larger file", repeated("#", 5 << 20), "larger than 512 KiB"},
      {"an alias before its anchor", "a: *b\nb: &b 1", "an alias of nothing"},
  };
}

TEST(HostileYaml, IsRefusedWithAReasonAndLittleWork) {
  for (const Hostile& hostile : refused()) {
    EXPECT_THAT(read_within_bounds(hostile.yaml, hostile.name), HasSubstr(hostile.message)) << hostile.name;
  }
}

TEST(HostileYaml, ThatIsOnlyLargeIsReadWithLittleWork) {
  EXPECT_EQ(read_within_bounds("title: " + std::string(kSize, 'x'), "plain"), "");
  EXPECT_EQ(read_within_bounds("title: \"" + std::string(kSize, 'x') + "\"", "quoted"), "");
  EXPECT_EQ(read_within_bounds("title: \"" + repeated("\\n", 80000) + "\"", "escapes"), "");
  EXPECT_EQ(read_within_bounds("title: >\n" + repeated(" x\n"), "folded"), "");
  EXPECT_EQ(read_within_bounds("title: |\n" + repeated("\n"), "literal"), "");
  EXPECT_EQ(read_within_bounds("title: x" + repeated("\n x"), "many lines"), "");
  EXPECT_EQ(read_within_bounds("title: " + repeated("é"), "beyond ASCII"), "");
  EXPECT_EQ(read_within_bounds(repeated("#"), "comment"), "");
  EXPECT_EQ(read_within_bounds(repeated(" "), "spaces"), "");
  EXPECT_EQ(read_within_bounds(repeated("\n"), "lines"), "");
  EXPECT_EQ(read_within_bounds("\xEF\xBB\xBFtitle: a", "a mark of UTF-8"), "");
}

TEST(HostileYaml, OfRandomSignsIsReadOrRefusedWithLittleWork) {
  constexpr std::string_view kSigns = "[]{}:,-?&*!|>'\"%@`#ab01.\n\n  \t<~$";
  for (std::uint64_t i = 0; i < 2000; ++i) {
    Random random(1, "hostile yaml", 0, i);
    std::string yaml;
    for (std::uint64_t n = random.below(300); n > 0; --n) yaml += kSigns[random.below(kSigns.size())];
    read_within_bounds(yaml, yaml);
  }
}

// What is read of a changed file is a value that can be printed, and what was printed is that value again.
TEST(HostileYaml, OfRandomChangesIsRefusedOrReadAsWhatItPrints) {
  const std::string whole =
      "title: \"a b\"\nmean: [0.5, .25, 1e-3]\nform: &f {height: 8, width: 16}\nforms:\n  - *f\n"
      "  - height: 3\nstreams:\n  door: {source: 'a.mp4', hop: 2}\nbase: [~, [x, ''], {}]\n";
  int read = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    Random random(2, "hostile yaml", 0, i);
    std::string changed = whole;
    for (std::uint64_t n = 1 + random.below(2); n > 0; --n)
      changed[random.below(changed.size())] = whole[random.below(whole.size())];
    std::string printed;
    try {
      printed = config::print(config::parse(changed, "changed.yaml"));
      ++read;
    } catch (const config::ConfigError&) {
      continue;
    }
    EXPECT_EQ(config::print(config::parse(printed, "printed.yaml")), printed) << changed;
  }
  EXPECT_GT(read, 600);
  EXPECT_LT(read, 1900);
}

}  // namespace
}  // namespace actionflow::testing
