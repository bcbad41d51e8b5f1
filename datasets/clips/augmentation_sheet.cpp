#include "datasets/clips/augmentation_sheet.h"

#include <algorithm>

namespace actionflow {

namespace {

constexpr std::uint8_t kPaper = 255;
constexpr int kMargin = 8, kTitleHeight = 20, kLetterHeight = 10, kLineGap = 2;
constexpr int kLeastWidth = 360;

std::vector<RgbPicture> strips_of(const SheetRow& row, const InputSpec& input, int columns) {
  std::vector<RgbPicture> strips;
  for (const auto* clip : {&row.original, &row.changed}) {
    if (clip->empty()) continue;
    strips.push_back(film_strip(*clip, input, Shown::colors, columns));
    if (input.motion != Motion::none) strips.push_back(film_strip(*clip, input, Shown::motion, columns));
  }
  return strips;
}

std::string joined(const std::vector<int>& labels, const std::vector<std::string>& classes) {
  std::string text;
  for (const int label : labels) text += (text.empty() ? "" : "+") + classes[static_cast<std::size_t>(label)];
  return text.empty() ? "(none)" : text;
}

}  // namespace

SheetRow sheet_row(const Augmenter& augmenter, const VideoFrames& video, const std::string& name,
                   const std::vector<int>& labels, std::uint64_t seed, std::uint32_t epoch,
                   std::uint64_t sample) {
  TrainingClip changed = augmenter.training_clip(video, labels, seed, epoch, sample);
  SheetRow row;
  row.title = joined(labels, augmenter.classes());
  if (changed.labels != labels) row.title += " -> " + joined(changed.labels, augmenter.classes());
  row.title += ", " + name;
  row.original = evaluation_clips(video, augmenter.sampling(), augmenter.input()).front();
  row.changed = std::move(changed.frames);
  return row;
}

RgbPicture augmentation_sheet(const std::vector<SheetRow>& rows, const InputSpec& input, int columns) {
  std::vector<std::vector<RgbPicture>> strips;
  int width = kLeastWidth, height = kMargin;
  for (const SheetRow& row : rows) {
    strips.push_back(strips_of(row, input, columns));
    height += kTitleHeight + kMargin;
    for (const RgbPicture& strip : strips.back()) {
      width = std::max(width, strip.width);
      height += strip.height + kLineGap;
    }
  }
  RgbPicture sheet(height, width + 2 * kMargin, kPaper);
  int y = kMargin;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    write_text(rows[i].title, kMargin, y + kTitleHeight - 6, kLetterHeight, sheet);
    y += kTitleHeight;
    for (const RgbPicture& strip : strips[i]) {
      paste(strip, kMargin, y, sheet);
      y += strip.height + kLineGap;
    }
    y += kMargin;
  }
  return sheet;
}

}  // namespace actionflow
