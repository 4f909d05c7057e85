import java.awt.BorderLayout;
import java.awt.GridLayout;
import java.awt.event.ActionEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.swing.AbstractAction;
import javax.swing.JButton;
import javax.swing.JComponent;
import javax.swing.JFrame;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JTextField;
import javax.swing.KeyStroke;
import javax.swing.SwingUtilities;
import javax.swing.event.DocumentEvent;
import javax.swing.event.DocumentListener;

/** The form of twenty fields in Swing: arguments are the file of labels and the file that it saves to. */
public class FormSwing {
    private final List<String> labels = new ArrayList<>();
    private final List<JTextField> fields = new ArrayList<>();
    private final JLabel state = new JLabel("Nytt");
    private final Path store;

    FormSwing(Path labelFile, Path store) throws Exception {
        this.store = store;
        Matcher found = Pattern.compile("\"([^\"]+)\"").matcher(Files.readString(labelFile, StandardCharsets.UTF_8));
        while (found.find()) {
            labels.add(found.group(1));
        }
    }

    private void show() {
        JFrame frame = new JFrame("Formulär");
        frame.setDefaultCloseOperation(JFrame.EXIT_ON_CLOSE);
        JPanel rows = new JPanel(new GridLayout(labels.size(), 2, 6, 3));
        for (String text : labels) {
            JLabel label = new JLabel(text);
            JTextField field = new JTextField(30);
            label.setLabelFor(field);
            rows.add(label);
            rows.add(field);
            fields.add(field);
            field.getDocument().addDocumentListener(new DocumentListener() {
                public void insertUpdate(DocumentEvent event) { state.setText("Ändrat"); }
                public void removeUpdate(DocumentEvent event) { state.setText("Ändrat"); }
                public void changedUpdate(DocumentEvent event) { state.setText("Ändrat"); }
            });
        }
        JButton button = new JButton("Spara");
        button.addActionListener(event -> save());
        JPanel below = new JPanel();
        below.add(button);
        below.add(state);
        frame.add(rows, BorderLayout.CENTER);
        frame.add(below, BorderLayout.SOUTH);
        bind(rows, "ctrl S", this::save);
        bind(rows, "ctrl N", this::clear);
        bind(rows, "ctrl G", () -> fields.get(0).requestFocusInWindow());
        frame.setSize(700, 900);
        frame.setVisible(true);
    }

    private static void bind(JComponent where, String keys, Runnable what) {
        where.getInputMap(JComponent.WHEN_IN_FOCUSED_WINDOW).put(KeyStroke.getKeyStroke(keys), keys);
        where.getActionMap().put(keys, new AbstractAction() {
            public void actionPerformed(ActionEvent event) { what.run(); }
        });
    }

    private void clear() {
        fields.forEach(field -> field.setText(""));
        fields.get(0).requestFocusInWindow();
    }

    private void save() {
        List<String> pairs = new ArrayList<>();
        for (int place = 0; place < labels.size(); place++) {
            pairs.add(quoted(labels.get(place)) + ": " + quoted(fields.get(place).getText()));
        }
        try {
            Files.writeString(store, "{" + String.join(", ", pairs) + "}", StandardCharsets.UTF_8);
        } catch (java.io.IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
        state.setText("Sparat");
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    public static void main(String[] arguments) throws Exception {
        FormSwing form = new FormSwing(Path.of(arguments[0]), Path.of(arguments[1]));
        SwingUtilities.invokeLater(form::show);
    }
}
