"""Script: download the source archive of NAME==VERSION into the working folder, without building it.

`pip download --no-binary` runs the package's own build to read its metadata. This asks pip's finder for the
address, with the indexes, proxies and certificates pip is configured with, and stops there.
"""

import sys
from optparse import Values
from pathlib import Path


def main(requirement: str) -> int:
    """Write the archive and return an exit code; pip prints what went wrong. Only this function uses pip's
    internals."""
    from pip._internal.commands.download import DownloadCommand
    from pip._internal.exceptions import DistributionNotFound
    from pip._vendor.packaging.requirements import Requirement

    class FetchSdist(DownloadCommand):
        def run(self, options: Values, args: list[str]) -> int:
            wanted = Requirement(args[0])
            session = self.get_default_session(options)
            finder = self._build_package_finder(options, session, ignore_requires_python=True)
            best = finder.find_best_candidate(wanted.name, wanted.specifier).best_candidate
            if best is None:
                raise DistributionNotFound(f"no source archive of {wanted} in the configured indexes")
            # Some servers call .gz an encoding, and the archive would be unpacked on the way.
            headers = {"Accept-Encoding": "identity"}
            with session.get(best.link.url_without_fragment, headers=headers, stream=True) as reply:
                reply.raise_for_status()
                with Path(Path(best.link.filename).name).open("wb") as file:
                    for chunk in reply.iter_content(1 << 20):
                        file.write(chunk)
            return 0

    options = ["--quiet", "--no-input", "--no-cache-dir", "--retries=1", "--no-deps", "--no-binary=:all:"]
    return FetchSdist("download", "").main([*options, requirement])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
