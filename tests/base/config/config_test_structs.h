// Described structs that tests of configuration read: of each member type one.
#pragma once

#include "base/config/config.h"
#include "base/config/optional_path.h"

namespace actionflow::testing {

enum class Tail { align, drop };

}  // namespace actionflow::testing

template <>
struct actionflow::config::EnumNames<actionflow::testing::Tail> {
  using Tail = actionflow::testing::Tail;
  static constexpr std::array<std::pair<Tail, std::string_view>, 2> names{
      {{Tail::align, "align"}, {Tail::drop, "drop"}}};
};

namespace actionflow::testing {

struct Form {
  int height = 4;
  int width = 0;
  static void describe(config::Fields<Form>& fields) {
    fields.add("height", &Form::height, "pixels").range(1, 4096);
    fields.add("width", &Form::width, "pixels, 0: as the height").range(0, 4096);
  }
  void check(const config::Value& value, config::Diagnostics& diagnostics) {
    if (width == 0 && value.find("width") != nullptr) {
      diagnostics.add(value.find("width")->place(), "width is 0, expected to be left out");
    }
    if (width == 0) width = height;
    if (height > 2 * width) {
      diagnostics.add(value.place(), "height is more than twice the width, expected a lower one");
    }
  }
};

struct Common {
  bool retry = true;
};

struct Stream : Common {
  std::string source;
  int hop = 1;
  int frames = 16;
  double rate = 25;
  Tail tail = Tail::align;
  static void describe(config::Fields<Stream>& fields) {
    fields.add("source", &Stream::source, "a file or an address").required();
    fields.add("hop", &Stream::hop, "samples from one window's start to the next").range(1, 65536);
    fields.add("frames", &Stream::frames, "samples in a window").at_least(1);
    fields.add("rate", &Stream::rate, "samples a second").more_than(0).at_most(1000);
    fields.add("tail", &Stream::tail, "what becomes of a file's last samples");
    fields.add("retry", &Stream::retry, "open again what was lost");
  }
  void check(const config::Value& value, config::Diagnostics& diagnostics) const {
    if (hop <= frames) return;
    diagnostics.add(value.find("hop")->place(), "hop is more than frames, expected at most that");
  }
};

struct Root {
  std::string title;
  std::uint32_t seed = 1;
  float weight = 1;
  std::filesystem::path weights = "none";
  OptionalPath beginning = "first";
  std::vector<double> mean;
  std::vector<Tail> tails;
  std::array<int, 3> kernel{1, 1, 1};
  std::optional<int> limit;
  std::map<std::string, double> shares;
  std::map<std::string, Stream> streams;
  Form form;
  std::vector<Form> forms;
  config::Value base;
  static void describe(config::Fields<Root>& fields) {
    fields.add("title", &Root::title, "what it is called");
    fields.add("seed", &Root::seed, "of all random numbers");
    fields.add("weight", &Root::weight, "of the first").at_least(0);
    fields.add("weights", &Root::weights, "a file");
    fields.add("beginning", &Root::beginning, "a file, or none");
    fields.add("mean", &Root::mean, "one a channel").range(0, 1).items(0, 4);
    fields.add("tails", &Root::tails, "one a file");
    fields.add("kernel", &Root::kernel, "time, height, width").range(1, 31);
    fields.add("limit", &Root::limit, "per cent, or null").range(0, 100);
    fields.add("shares", &Root::shares, "by name").at_least(0);
    fields.add("streams", &Root::streams, "by name");
    fields.add("form", &Root::form, "of all pictures");
    fields.add("forms", &Root::forms, "of some pictures");
    fields.add("base", &Root::base, "anything");
  }
};

// Reads a Root; throws ConfigError with every error.
inline Root read_root(const config::Value& value) {
  config::Diagnostics diagnostics;
  Root root = config::read<Root>(value, diagnostics);
  diagnostics.throw_if_any();
  return root;
}

}  // namespace actionflow::testing
