// A folder of JPEG or PNG frames as a stream: in natural order (2.jpg before 10.jpg), each file one
// packet, time stamps k / frame_rate.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/video/source.h"

namespace actionflow {

class FrameFolderReader final : public Reader {
 public:
  // Throws SourceError: no frames, two kinds of frames, links that lead out of the folder.
  FrameFolderReader(const SourceOptions& options, const StopFlag& stop);

  const StreamInfo& info() const override { return info_; }
  std::optional<Packet> read() override;
  bool seek(std::int64_t pts_us) override;
  std::shared_ptr<const CodecParameters> codec_parameters() const override { return parameters_; }

 private:
  Packet packet(std::size_t index) const;
  void measure();

  std::filesystem::path folder_;
  std::string shown_;
  std::vector<std::string> names_;
  double frame_rate_;
  const StopFlag& stop_;
  StreamInfo info_;
  std::shared_ptr<const CodecParameters> parameters_;
  std::size_t next_ = 0;
};

}  // namespace actionflow
