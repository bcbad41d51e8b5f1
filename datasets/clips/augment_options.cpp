#include "datasets/clips/augment.h"

namespace actionflow {

namespace {

void require_rising(const std::array<double, 2>& range, const char* key, const config::Value& value,
                    config::Diagnostics& diagnostics) {
  if (range[0] <= range[1]) return;
  const config::Value* at = value.find(key);
  diagnostics.add(at ? at->place() : value.place(),
                  std::string(key) + " goes from a larger number to a smaller one, expected [least, most]");
}

}  // namespace

void AugmentOptions::describe(config::Fields<AugmentOptions>& fields) {
  using A = AugmentOptions;
  fields.add("margin", &A::margin, "frames are kept at the input's size times this").range(1, 2);
  fields.add("scale", &A::scale, "random resized crop: least and most share of the picture's area")
      .range(0.05, 4);
  fields.add("aspect", &A::aspect, "least and most change of the crop's proportions").range(0.25, 4);
  fields.add("rotate", &A::rotate, "degrees, to both sides").range(0, 180);
  fields.add("translate", &A::translate, "share of width and height, to all sides").range(0, 0.5);
  fields.add("flip", &A::flip, "probability of a mirrored clip").range(0, 1);
  fields.add("flip_labels", &A::flip_labels,
             "labels that swap in a mirrored clip, as label: label; label: \"\" makes it one of no class");
  fields.add("flip_excluded", &A::flip_excluded, "labels whose clips are never mirrored");
  fields.add("reverse", &A::reverse, "probability of a clip played backwards").range(0, 1);
  fields.add("reverse_labels", &A::reverse_labels,
             "likewise in a reversed clip; clips of labels that are not named are not reversed");
  fields.add("idle", &A::idle, "greatest share of the clip that either end holds still").range(0, 0.45);
  fields.add("hold", &A::hold, "a picture stays for up to this many samples, as a slower camera's would")
      .range(1, 64);
  fields.add("brightness", &A::brightness, "factor drawn from 1 - this to 1 + this").range(0, 1);
  fields.add("contrast", &A::contrast, "factor drawn from 1 - this to 1 + this").range(0, 1);
  fields.add("saturation", &A::saturation, "factor drawn from 1 - this to 1 + this").range(0, 1);
  fields.add("hue", &A::hue, "share of the colour circle, to both sides").range(0, 0.5);
  fields.add("gray", &A::gray, "probability of a clip without colour").range(0, 1);
  fields.add("noise", &A::noise, "greatest standard deviation of added noise, in 255ths").range(0, 64);
  fields.add("blur", &A::blur, "probability of a Gaussian blur").range(0, 1);
  fields.add("erase", &A::erase, "probability of one erased rectangle").range(0, 1);
  fields.add("shake", &A::shake, "hand-held camera: greatest drift, as a share of the width").range(0, 0.5);
  fields.add("mixup", &A::mixup, "alpha of the Beta distribution that two clips are mixed by; 0: none")
      .range(0, 10);
}

void AugmentOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  require_rising(scale, "scale", value, diagnostics);
  require_rising(aspect, "aspect", value, diagnostics);
  if (reverse > 0 && reverse_labels.empty()) {
    diagnostics.add(value.find("reverse")->place(),
                    "reverse is above 0, but reverse_labels names no label whose clips may be reversed");
  }
}

}  // namespace actionflow
