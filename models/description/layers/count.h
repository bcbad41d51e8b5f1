// How many channels a layer gives: a number, or the word `classes` for as many as the network has classes.
#pragma once

#include <fmt/format.h>

#include "models/description/layers/layer.h"

namespace actionflow {

struct Count {
  std::int64_t number = 0;
  bool classes = false;
  config::Place place;

  // To be called by the layer's settle(): puts the number for the word.
  void settle(const NetworkFacts& facts, config::Diagnostics& diagnostics) {
    if (!classes) return;
    number = facts.classes;
    if (number == 0) diagnostics.add(place, "'classes' has no number here, as the file has no 'classes:'");
  }
};

constexpr std::int64_t kMostChannels = 1 << 24;

}  // namespace actionflow

template <>
struct actionflow::config::Type<actionflow::Count> {
  static bool read(const Reading& reading, Count& to) {
    to.place = reading.value.place();
    to.classes = reading.value.text() == "classes";
    if (to.classes) return true;
    Diagnostics own;
    to.number = config::read<std::int64_t>(reading.value, own);
    if (own.empty() && to.number >= 1 && to.number <= kMostChannels) return true;
    reading.refuse(fmt::format("1 to {}, or classes", kMostChannels));
    return false;
  }
  static Value write(const Count& count, const Value*) {
    return make_scalar(count.classes ? "classes" : std::to_string(count.number));
  }
  static Schema schema(const Limits&) {
    Schema number;
    number.type = "integer";
    number.minimum = 1;
    Schema word;
    word.type = "string";
    word.words = {"classes"};
    Schema schema;
    schema.choices = {std::move(number), std::move(word)};
    return schema;
  }
};
