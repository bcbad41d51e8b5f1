#include "nodes/outputs/json_output.h"

namespace actionflow {

void JsonOutput::add(const std::string& stream, const std::string& line) {
  if (cameras_.contains(stream)) return out_.write(line);
  waiting_[stream] += line;
}

void JsonOutput::stream_end(const StreamEnd& end) {
  const std::string lines = std::move(waiting_[end.stream]);
  waiting_.erase(end.stream);
  if (end.whole || end.error) out_.commit(lines + to_json_line(end) + "\n");
}

}  // namespace actionflow
