# --- What is there ---------------------------------------------------------------------------------------------------

sub list {
    my @lines;
    my @todo = ('');
    while (@todo) {
        my $directory = pop @todo;
        opendir my $handle, "$root/$directory" or next;
        for my $name (readdir $handle) {
            next if $name eq '.' || $name eq '..' || $name =~ /^\.tiltish-/;
            my $path = $directory eq '' ? $name : "$directory/$name";
            my @stat = lstat "$root/$path" or next;
            my $is_ours = $tracked{$path} ? 'T' : '-';
            if (S_ISLNK($stat[2])) {
                push @lines, "L$is_ours", readlink("$root/$path") // '', 0, '', $path;
            } elsif (S_ISDIR($stat[2])) {
                push @lines, "D$is_ours", '', 0, '', $path;
                push @todo, $path;
            } elsif (S_ISREG($stat[2])) {
                my $hash = hash_of("$root/$path") // next;
                push @lines, "F$is_ours", sprintf('%o', $stat[2] & 0777), $stat[7], $hash, $path;
            }
        }
    }
    my $deflated = Compress::Zlib::compress(join "\0", @lines);
    while (length $deflated > $MAX_FRAME) { answer('l', substr $deflated, 0, $MAX_FRAME, '') }
    answer('l', $deflated);
    answer('e');
}

sub free_bytes {
    # statvfs is not in perl; df is in every container.
    my ($line) = (split /\n/, `df -Pk '$stage' 2>/dev/null`)[1] // '';
    return (split ' ', $line)[3] // '' if $line;
    return '';
}

